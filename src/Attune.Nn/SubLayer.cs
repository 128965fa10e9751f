using Attune.Tensors;

namespace Attune.Nn;

/// <summary>One of the parts of a block that read the residual stream and add to it: attention, a feed-forward layer, a mixture of experts.</summary>
public abstract class SubLayer : Module
{
    /// <summary>Makes a part with its full name.</summary>
    protected SubLayer(string name)
        : base(name)
    {
    }

    /// <summary>The part's output [N, C] for x [N, C], added to the residual if there is one; the sum has the residual's type.</summary>
    public abstract Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass);
}
