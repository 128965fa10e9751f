using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>A class for each token.</summary>
public sealed class TokenClassificationModel : HeadModel
{
    private readonly Transform? _transform;
    private readonly Linear _output;

    private TokenClassificationModel(HeadParts parts)
        : base(parts)
    {
        _transform = AddIfAny(parts.Layout.Token is { } layout ? parts.Transform(layout, Backbone.HiddenSize) : null);
        Labels = LabelNames.Read(parts.Config);
        _output = Add(parts.Weights.Linear(parts.Layout.TokenOutput, Backbone.HiddenSize, Labels.Count, bias: true));
    }

    /// <summary>Names of the classes, in order.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <inheritdoc/>
    public override Linear? OutputLayer => _output;

    /// <summary>Makes the model.</summary>
    public static TokenClassificationModel Load(HeadParts parts) => new(parts);

    /// <summary>[N, L]: a row per token.</summary>
    public override Tensor Logits(in ForwardPass pass)
    {
        Tensor hidden = Backbone.Forward(pass);
        return _output.Forward(_transform?.Forward(hidden) ?? hidden.Cast(Compute)).Cast(DType.F32);
    }

    /// <summary>The sum of the cross entropies of the tokens with a label, and their number.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="labels">[N]: a class, or <see cref="HeadModel.Ignored"/>.</param>
    /// <exception cref="TensorException">No token has a label, or one is not a class.</exception>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass pass, ReadOnlySpan<int> labels) =>
        Targets.SumCrossEntropy(Logits(pass), labels, "token classification");
}
