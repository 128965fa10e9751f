using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Root-mean-square normalisation with a learned scale.</summary>
public sealed class RmsNorm : Module
{
    private readonly double _epsilon;
    private readonly DType _compute;

    /// <summary>Makes a layer from its scale [C]; its results have the type <paramref name="compute"/>.</summary>
    public RmsNorm(string name, Parameter weight, double epsilon, DType compute)
        : base(name)
    {
        Weight = weight;
        _epsilon = epsilon;
        _compute = compute;
        Own(weight);
    }

    /// <summary>The scale [C].</summary>
    public Parameter Weight { get; }

    /// <summary>Normalises each row of x [N, C].</summary>
    public Tensor Forward(Tensor x) => x.RmsNorm(Weight.Value!, _epsilon, dtype: _compute);
}
