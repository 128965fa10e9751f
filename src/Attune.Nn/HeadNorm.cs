using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Layer normalisation of each head with scales of its own, without a shift.</summary>
public sealed class HeadNorm : Norm
{
    private readonly IReadOnlyList<Parameter> _weights;
    private readonly double _epsilon;
    private readonly DType _compute;

    /// <summary>Makes a layer.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="headSize">D.</param>
    /// <param name="weights">The scales of all heads [H, D], or one [D] for each.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="compute">Element type of the results.</param>
    public HeadNorm(string name, int headSize, IReadOnlyList<Parameter> weights, double epsilon, DType compute)
        : base(name, headSize)
    {
        _weights = weights;
        _epsilon = epsilon;
        _compute = compute;
        foreach (Parameter weight in weights)
        {
            Own(weight);
        }
    }

    /// <summary>Normalises each head of x [N, H, D].</summary>
    public override Tensor Forward(Tensor x)
    {
        Tensor scales = _weights[0].Value!.Reshape(-1, Size);
        for (int i = 1; i < _weights.Count; i++)
        {
            scales = scales.Concat(_weights[i].Value!.Reshape(-1, Size));
        }

        return x.LayerNorm(null, null, _epsilon, DType.F32).Mul(scales).Cast(_compute);
    }
}
