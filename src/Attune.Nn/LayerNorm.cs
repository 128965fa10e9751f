using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Layer normalisation with a learned scale and shift, either of which may be missing.</summary>
public sealed class LayerNorm : Norm
{
    private readonly double _epsilon;
    private readonly DType _compute;

    /// <summary>Makes a layer.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="size">C.</param>
    /// <param name="weight">The scale [C]; null for none.</param>
    /// <param name="bias">The shift [C]; null for none.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="compute">Element type of the results.</param>
    public LayerNorm(string name, int size, Parameter? weight, Parameter? bias, double epsilon, DType compute)
        : base(name, size)
    {
        Weight = weight;
        Bias = bias;
        _epsilon = epsilon;
        _compute = compute;
        Mark(weight);
        Mark(bias);
    }

    /// <summary>The scale [C], if there is one.</summary>
    public Parameter? Weight { get; }

    /// <summary>The shift [C], if there is one.</summary>
    public Parameter? Bias { get; }

    private void Mark(Parameter? parameter)
    {
        if (parameter is not null)
        {
            parameter.IsOfLayerNorm = true;
            Own(parameter);
        }
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => x.LayerNorm(Weight?.Value, Bias?.Value, _epsilon, _compute);
}
