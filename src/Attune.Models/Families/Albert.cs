using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Models.Encoders;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Nn.FeedForward;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>ALBERT (Lan et al. 2020): narrow embeddings, and few blocks that are run again and again.</summary>
public sealed class AlbertEncoder : Backbone
{
    private static readonly EncoderBlockNames Names = new(
        "attention.query", "attention.key", "attention.value", "attention.dense", "attention.LayerNorm", "ffn", "ffn_output", "full_layer_layer_norm");

    private readonly EncoderConfig _config;
    private readonly EncoderEmbeddings _embeddings;
    private readonly Linear _projection;
    private readonly EncoderBlock[][] _groups;

    private AlbertEncoder(EncoderConfig config, WeightBuilder weights, int groups, int blocksPerGroup)
        : base(weights)
    {
        _config = config;
        _embeddings = Add(new EncoderEmbeddings(config, weights.At("embeddings")));
        WeightBuilder encoder = weights.At("encoder");
        _projection = Add(encoder.Linear("embedding_hidden_mapping_in", config.EmbeddingSize, config.HiddenSize, bias: true));
        _groups = new EncoderBlock[groups][];
        for (int g = 0; g < groups; g++)
        {
            _groups[g] = new EncoderBlock[blocksPerGroup];
            for (int i = 0; i < blocksPerGroup; i++)
            {
                _groups[g][i] = Add(new EncoderBlock(config, encoder.At($"albert_layer_groups.{g}.albert_layers.{i}"), Names));
            }
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
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["query", "value"];

    /// <summary>Makes the encoder.</summary>
    public static AlbertEncoder Load(ModelConfig config, WeightBuilder weights)
    {
        EncoderConfig settings = EncoderConfig.Read(config) with
        {
            EmbeddingSize = config.GetWidth("embedding_size", 128),
            Activation = Activations.FromConfig(config, "hidden_act", "gelu_new"),
        };
        int groups = config.GetPositive("num_hidden_groups", 1);
        return groups <= settings.Layers
            ? new AlbertEncoder(settings, weights, groups, config.GetCount("inner_group_num", 1))
            : throw config.Wrong("num_hidden_groups", $"at most num_hidden_layers = {settings.Layers}");
    }

    /// <summary>The heads.</summary>
    public static HeadLayout Heads(ModelConfig config)
    {
        var pooler = new PoolerLayout(Pooling.First, new TransformLayout("pooler", HeadActivations.Tanh), InBackbone: true);
        Activation activation = Activations.FromConfig(config, "hidden_act", "gelu_new");
        return new HeadLayout
        {
            Base = pooler,
            Sequence = pooler,
            Choice = pooler,
            MaskedLm = new TransformLayout("predictions.dense", activation, "predictions.LayerNorm") { NormEpsilon = config.GetEpsilon("layer_norm_eps", 1e-12) },
            MaskedLmDecoder = "predictions.decoder",
            MaskedLmBias = "predictions.bias",
        };
    }

    /// <inheritdoc/>
    public override Tensor Forward(in ForwardPass pass)
    {
        Tensor h = _projection.Forward(_embeddings.Forward(pass.Tokens));
        pass.Observer?.Invoke(0, h);
        int seen = 0;
        for (int i = 0; i < _config.Layers; i++)
        {
            foreach (EncoderBlock block in _groups[(int)((long)i * _groups.Length / _config.Layers)])
            {
                h = block.Run(h, pass);
                pass.Observer?.Invoke(++seen, h);
            }
        }

        return h;
    }
}
