using Attune.Formats;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>A model that predicts the next token, without its output layer, as the ground of another head.</summary>
public sealed class DecoderBackbone : Backbone
{
    private readonly CausalLmModel _model;

    private DecoderBackbone(CausalLmModel model, Embedding tokens, WeightBuilder weights)
        : base(weights)
    {
        _model = Add(model);
        Tokens = tokens;
    }

    /// <inheritdoc/>
    public override int VocabSize => _model.VocabSize;

    /// <inheritdoc/>
    public override int HiddenSize => _model.Head.InFeatures;

    /// <inheritdoc/>
    public override int ContextTokens => _model.ContextTokens;

    /// <inheritdoc/>
    public override Embedding Tokens { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets => _model.DefaultLoraTargets;

    /// <summary>The heads of a family of decoders, one layer each: sequences are judged by their last token.</summary>
    public static HeadLayout Heads(CausalLmFamily family) => new()
    {
        Sequence = new PoolerLayout(Pooling.Last, null),
        SequenceOutput = "score",
        SequenceOutputBias = false,
        TokenOutput = family.TokenOutput,
    };

    /// <summary>Makes the backbone of a family.</summary>
    public static DecoderBackbone Load(CausalLmFamily family, ModelConfig config, WeightBuilder weights)
    {
        weights.OmitHead();
        CausalLmModel model = family.Load(config, weights);
        return new DecoderBackbone(model, model.Modules().OfType<Embedding>().First(), weights);
    }

    /// <inheritdoc/>
    public override Tensor Forward(in ForwardPass pass) => _model.Hidden(pass);
}
