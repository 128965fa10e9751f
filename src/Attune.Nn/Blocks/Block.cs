using Attune.Tensors;
using Attune.Tensors.Autograd;

namespace Attune.Nn.Blocks;

/// <summary>One block of a model: what is computed again as a whole when memory is saved (gradient checkpointing).</summary>
public abstract class Block : Module
{
    private readonly Func<Tensor, ForwardPass, Tensor> _forward;

    /// <summary>Makes a block with its full name.</summary>
    protected Block(string name)
        : base(name) => _forward = Forward;

    /// <summary>The block's output [N, C] for states [N, C], with only what the backward pass needs kept.</summary>
    public Tensor Run(Tensor h, ForwardPass pass)
    {
        using StepScope scope = h.Device.Scope();
        return scope.Keep(pass.Recompute ? Checkpoint.Run(_forward, h, pass) : Forward(h, pass));
    }

    /// <summary>The block's output [N, C] for states [N, C] in single precision.</summary>
    protected abstract Tensor Forward(Tensor h, ForwardPass pass);
}
