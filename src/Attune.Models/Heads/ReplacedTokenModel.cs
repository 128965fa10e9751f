using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>Detection of replaced tokens (ELECTRA, Clark et al. 2020).</summary>
public sealed class ReplacedTokenModel : HeadModel
{
    private readonly Transform _transform;
    private readonly Linear _output;

    private ReplacedTokenModel(HeadParts parts)
        : base(parts)
    {
        _transform = Add(parts.Transform(parts.Layout.Replaced ?? throw parts.Lacks("replaced tokens"), Backbone.HiddenSize));
        _output = Add(parts.Weights.Linear(parts.Layout.ReplacedOutput, Backbone.HiddenSize, 1, bias: true));
    }

    /// <inheritdoc/>
    public override Linear? OutputLayer => _output;

    /// <summary>Makes the model.</summary>
    public static ReplacedTokenModel Load(HeadParts parts) => new(parts);

    /// <summary>[N]: above 0 where a token is likely to have been replaced.</summary>
    public override Tensor Logits(in ForwardPass pass) => _output.Forward(_transform.Forward(Backbone.Forward(pass))).Reshape(-1).Cast(DType.F32);

    /// <summary>The sum of the binary cross entropies of all tokens, and their number.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="labels">[N]: 1 where a token was replaced, else 0.</param>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass pass, ReadOnlySpan<float> labels) =>
        (Logits(pass).BinaryCrossEntropyWithLogits(Device.From(labels, [labels.Length])).Sum(), labels.Length);
}
