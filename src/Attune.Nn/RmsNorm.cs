using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Root-mean-square normalisation with a learned scale.</summary>
public sealed class RmsNorm : Norm
{
    private readonly double _epsilon;
    private readonly double _offset;
    private readonly DType _compute;

    /// <summary>Makes a layer from its scale [C]; its results have the type <paramref name="compute"/>.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="weight">[C].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="compute">Element type of the results.</param>
    /// <param name="offset">Added to the scale; 1 for Gemma's.</param>
    public RmsNorm(string name, Parameter weight, double epsilon, DType compute, double offset = 0)
        : base(name, (int)weight.Count)
    {
        Weight = weight;
        _epsilon = epsilon;
        _offset = offset;
        _compute = compute;
        Own(weight);
    }

    /// <summary>The scale [C].</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => x.RmsNorm(Weight.Value!, _epsilon, _offset, _compute);
}
