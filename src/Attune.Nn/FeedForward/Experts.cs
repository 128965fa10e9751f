using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>The experts of a mixture.</summary>
public abstract class Experts : Module
{
    /// <summary>Makes the experts with their full name.</summary>
    protected Experts(string name)
        : base(name)
    {
    }

    /// <summary>The output [n, C] of an expert for the rows [n, C] that were sent to it.</summary>
    public abstract Tensor Forward(int expert, Tensor x, ForwardPass pass);
}
