using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>Prediction of hidden tokens (Devlin et al. 2019).</summary>
public sealed class MaskedLmModel : HeadModel
{
    private readonly Transform _transform;
    private readonly Linear _output;

    private MaskedLmModel(HeadParts parts)
        : base(parts)
    {
        HeadLayout layout = parts.Layout;
        TransformLayout transform = layout.MaskedLm ?? throw parts.Lacks("masked language modelling");
        Embedding tokens = Backbone.Tokens;
        int width = (int)tokens.Table.Shape[1];
        _transform = Add(parts.Transform(transform, width));
        Parameter? bias = layout.MaskedLmBias is null ? null : parts.Weights.Vector(layout.MaskedLmBias, Backbone.VocabSize);
        _output = Add(parts.Weights.Head(layout.MaskedLmDecoder, tokens, parts.Config.GetBoolean("tie_word_embeddings", true), bias));

        // Older files repeat the bias under the output layer.
        parts.Weights.Ignore($"{layout.MaskedLmDecoder}.bias");
    }

    /// <inheritdoc/>
    public override Linear? OutputLayer => _output;

    /// <summary>Makes the model.</summary>
    public static MaskedLmModel Load(HeadParts parts) => new(parts);

    /// <summary>Logits [N, V] of every token; for training prefer <see cref="SumLosses"/>, which makes only those that count.</summary>
    public override Tensor Logits(in ForwardPass pass) => _output.Forward(_transform.Forward(Backbone.Forward(pass))).Cast(DType.F32);

    /// <summary>Logits [P, V] of some tokens.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="places">[P]: their places in the batch.</param>
    public Tensor LogitsAt(in ForwardPass pass, ReadOnlySpan<int> places) =>
        _output.Forward(_transform.Forward(Backbone.Forward(pass).Embedding(Device.From(places, [places.Length])))).Cast(DType.F32);

    /// <summary>The sum of the cross entropies of the tokens with a label, and their number.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="labels">[N]: the token that was hidden, or <see cref="HeadModel.Ignored"/>.</param>
    /// <exception cref="TensorException">No token has a label, or one is not in the vocabulary.</exception>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass pass, ReadOnlySpan<int> labels)
    {
        (int[] rows, int[] targets) = Targets.Of(labels, Backbone.VocabSize, "masked language modelling");
        Tensor chosen = Backbone.Forward(pass).Embedding(Device.From(rows, [rows.Length]));
        return (LinearCrossEntropy.Sum(_transform.Forward(chosen), _output, Device.From(targets, [targets.Length])), targets.Length);
    }
}
