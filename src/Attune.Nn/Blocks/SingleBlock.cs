using Attune.Tensors;

namespace Attune.Nn.Blocks;

/// <summary>A block of one part that is added to the states.</summary>
public sealed class SingleBlock : Block
{
    private readonly DType _compute;
    private readonly Branch _branch;

    /// <summary>Makes a block from its place in the weights and its part.</summary>
    public SingleBlock(WeightBuilder at, Branch branch)
        : base(at.Path)
    {
        _compute = at.Options.Compute;
        _branch = branch;
        AddIfAny(branch.InputNorm);
        Add(branch.Layer);
        AddIfAny(branch.OutputNorm);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor h, ForwardPass pass) => _branch.Forward(h, pass, _compute);
}
