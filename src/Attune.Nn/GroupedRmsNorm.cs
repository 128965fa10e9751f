using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Root-mean-square normalisation of each of several equal parts of a row, with a learned scale of the whole row.</summary>
public sealed class GroupedRmsNorm : Norm
{
    private readonly Parameter _weight;
    private readonly int _groups;
    private readonly double _epsilon;
    private readonly DType _compute;

    /// <summary>Makes a layer.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="weight">The scale [C].</param>
    /// <param name="groups">Parts of a row, a divisor of C.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="compute">Element type of the results.</param>
    public GroupedRmsNorm(string name, Parameter weight, int groups, double epsilon, DType compute)
        : base(name, (int)weight.Count)
    {
        _weight = weight;
        _groups = groups;
        _epsilon = epsilon;
        _compute = compute;
        Own(weight);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x)
    {
        Tensor parts = x.Cast(DType.F32).Reshape(-1, _groups, Size / _groups);
        Tensor y = parts.Mul(parts.Square().Mean(-1).Affine(1, _epsilon).Rsqrt()).Reshape(-1, Size);
        return y.Mul(_weight.Value!).Cast(_compute);
    }
}
