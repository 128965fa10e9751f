using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>Experts with layers of their own.</summary>
public sealed class ExpertList : Experts
{
    private readonly SubLayer[] _experts;

    /// <summary>Makes experts with their full name.</summary>
    public ExpertList(string name, params IEnumerable<SubLayer> experts)
        : base(name)
    {
        _experts = [.. experts];
        foreach (SubLayer expert in _experts)
        {
            Add(expert);
        }
    }

    /// <inheritdoc/>
    public override Tensor Forward(int expert, Tensor x, ForwardPass pass) => _experts[expert].Forward(x, null, pass);
}
