using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Models.Encoders;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>DistilBERT (Sanh et al. 2019): BERT with half of the blocks, without token types and pooler.</summary>
public sealed class DistilBertEncoder : Backbone
{
    private const double NormEpsilon = 1e-12;

    private static readonly EncoderBlockNames Names = new(
        "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm");

    private readonly EncoderConfig _config;
    private readonly EncoderEmbeddings _embeddings;
    private readonly EncoderBlock[] _blocks;

    private DistilBertEncoder(EncoderConfig config, WeightBuilder weights, bool fixedPositions)
        : base(weights)
    {
        _config = config;
        _embeddings = Add(new EncoderEmbeddings(config, weights.At("embeddings")));
        if (fixedPositions)
        {
            _embeddings.Positions!.Table.Value!.RequiresGrad = false;
        }

        _blocks = new EncoderBlock[config.Layers];
        for (int i = 0; i < config.Layers; i++)
        {
            _blocks[i] = Add(new EncoderBlock(config, weights.At($"transformer.layer.{i}"), Names));
        }
    }

    /// <inheritdoc/>
    public override int VocabSize => _config.VocabSize;

    /// <inheritdoc/>
    public override int HiddenSize => _config.HiddenSize;

    /// <inheritdoc/>
    public override int ContextTokens => _config.MaxPositions;

    /// <inheritdoc/>
    public override Embedding Tokens => _embeddings.Tokens;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["q_lin", "v_lin"];

    /// <summary>Makes the encoder.</summary>
    public static DistilBertEncoder Load(ModelConfig config, WeightBuilder weights)
    {
        int size = config.GetWidth("dim");
        int heads = config.GetPositive("n_heads");
        if (size % heads != 0)
        {
            throw config.Wrong("n_heads", $"a divisor of dim = {size}");
        }

        var settings = new EncoderConfig
        {
            VocabSize = config.GetPositive("vocab_size"),
            EmbeddingSize = size,
            HiddenSize = size,
            IntermediateSize = config.GetWidth("hidden_dim"),
            Layers = config.GetCount("n_layers"),
            Heads = heads,
            MaxPositions = config.GetPositive("max_position_embeddings", 512),
            TokenTypes = 0,
            NormEpsilon = NormEpsilon,
            Activation = Activations.FromConfig(config, "activation", "gelu"),
            PaddingId = config.FindInt32("pad_token_id") ?? 0,
        };
        return new DistilBertEncoder(settings, weights, config.GetBoolean("sinusoidal_pos_embds", false));
    }

    /// <summary>The heads.</summary>
    public static HeadLayout Heads(ModelConfig config)
    {
        var pooler = new PoolerLayout(Pooling.First, new TransformLayout("pre_classifier", HeadActivations.Relu));
        return new HeadLayout
        {
            Sequence = pooler,
            Choice = pooler,
            MaskedLm = new TransformLayout("vocab_transform", Activations.FromConfig(config, "activation", "gelu"), "vocab_layer_norm") { NormEpsilon = NormEpsilon },
            MaskedLmDecoder = "vocab_projector",
            MaskedLmBias = "vocab_projector.bias",
        };
    }

    /// <inheritdoc/>
    public override Tensor Forward(in ForwardPass pass)
    {
        Tensor h = _embeddings.Forward(pass.Tokens);
        pass.Observer?.Invoke(0, h);
        for (int i = 0; i < _blocks.Length; i++)
        {
            h = _blocks[i].Run(h, pass);
            pass.Observer?.Invoke(i + 1, h);
        }

        return h;
    }
}
