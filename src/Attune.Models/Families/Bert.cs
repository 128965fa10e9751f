using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Models.Encoders;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Nn.FeedForward;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>BERT (Devlin et al. 2019): learned positions and token types, blocks with normalisation behind each part.</summary>
public sealed class BertEncoder : Backbone
{
    private readonly EncoderEmbeddings _embeddings;
    private readonly Linear? _projection;
    private readonly EncoderBlock[] _blocks;

    internal BertEncoder(EncoderConfig config, WeightBuilder weights)
        : base(weights)
    {
        Config = config;
        _embeddings = Add(new EncoderEmbeddings(config, weights.At("embeddings")));
        _projection = config.EmbeddingSize == config.HiddenSize ? null : Add(weights.Linear("embeddings_project", config.EmbeddingSize, config.HiddenSize, bias: true));
        _blocks = new EncoderBlock[config.Layers];
        for (int i = 0; i < config.Layers; i++)
        {
            _blocks[i] = Add(new EncoderBlock(config, weights.At($"encoder.layer.{i}"), EncoderBlockNames.Bert));
        }
    }

    /// <summary>The family's settings.</summary>
    public EncoderConfig Config { get; }

    /// <inheritdoc/>
    public override int VocabSize => Config.VocabSize;

    /// <inheritdoc/>
    public override int HiddenSize => Config.HiddenSize;

    /// <inheritdoc/>
    public override int ContextTokens => Config.MaxPositions - Config.FirstPosition;

    /// <inheritdoc/>
    public override Embedding Tokens => _embeddings.Tokens;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["query", "value"];

    /// <summary>Makes BERT.</summary>
    public static BertEncoder Load(ModelConfig config, WeightBuilder weights) =>
        new(EncoderConfig.Read(config) with { EmbeddingSize = config.GetWidth("hidden_size") }, weights);

    /// <summary>BERT's heads.</summary>
    public static HeadLayout Heads(ModelConfig config)
    {
        Activation activation = Activations.FromConfig(config, "hidden_act", "gelu");
        var pooler = new PoolerLayout(Pooling.First, new TransformLayout("pooler.dense", HeadActivations.Tanh), InBackbone: true);
        return new HeadLayout
        {
            Base = pooler,
            Sequence = pooler,
            Choice = pooler,
            MaskedLm = new TransformLayout("cls.predictions.transform.dense", activation, "cls.predictions.transform.LayerNorm") { NormEpsilon = config.GetEpsilon("layer_norm_eps", 1e-12) },
        };
    }

    /// <inheritdoc/>
    public override Tensor Forward(in ForwardPass pass)
    {
        Tensor h = _embeddings.Forward(pass.Tokens);
        h = _projection?.Forward(h) ?? h;
        pass.Observer?.Invoke(0, h);
        for (int i = 0; i < _blocks.Length; i++)
        {
            h = _blocks[i].Run(h, pass);
            pass.Observer?.Invoke(i + 1, h);
        }

        return h;
    }
}
