using Attune.Nn;
using Attune.Nn.FeedForward;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>A linear layer, an activation and possibly a norm: norm(f(dense(x))).</summary>
internal sealed class Transform : Module
{
    private readonly Linear _dense;
    private readonly Activation _activation;
    private readonly Norm? _norm;

    public Transform(WeightBuilder weights, TransformLayout layout, int inFeatures, int outFeatures)
        : base(weights.Path)
    {
        _dense = Add(weights.Linear(layout.Dense, inFeatures, outFeatures, layout.Bias));
        _activation = layout.Activation;
        _norm = layout.Norm is null ? null : Add(weights.LayerNorm(layout.Norm, outFeatures, layout.NormEpsilon, layout.NormBias));
    }

    public Tensor Forward(Tensor x)
    {
        Tensor y = _activation.Apply(_dense.Forward(x));
        return _norm?.Forward(y) ?? y;
    }
}
