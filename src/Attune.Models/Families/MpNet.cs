using Attune.Formats;
using Attune.Models.Encoders;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>MPNet (Song et al. 2020): BERT with positions as RoBERTa's and a bias per distance that all blocks share.</summary>
public sealed class MpNetEncoder : Backbone
{
    /// <summary>The bucket function is fixed; the configuration only says how many rows its table has.</summary>
    private const int Buckets = 32;
    private const int FarthestDistance = 128;

    private static readonly EncoderBlockNames Names = new(
        "attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm");

    private readonly EncoderConfig _config;
    private readonly EncoderEmbeddings _embeddings;
    private readonly EncoderBlock[] _blocks;
    private readonly RelativeBias _bias;

    private MpNetEncoder(EncoderConfig config, WeightBuilder weights, int rows)
        : base(weights)
    {
        _config = config;
        _embeddings = Add(new EncoderEmbeddings(config, weights.At("embeddings")));
        WeightBuilder encoder = weights.At("encoder");
        var options = new AttentionOptions(1 / Math.Sqrt(config.HeadSize)) { Causal = false };
        _blocks = new EncoderBlock[config.Layers];
        for (int i = 0; i < config.Layers; i++)
        {
            _blocks[i] = Add(new EncoderBlock(config, encoder.At($"layer.{i}"), Names, Mix));
        }

        _bias = Add(new RelativeBias(
            encoder.Embedding("relative_attention_bias", rows, config.Heads), static distance => T5RelativeBuckets.Bucket(distance, Buckets, FarthestDistance, bidirectional: true)));

        Tensor Mix(Tensor q, Tensor k, Tensor v, in ForwardPass pass)
        {
            return ((RelativeBias.Run)pass.Shared!).Attention(q, k, v, options);
        }
    }

    /// <inheritdoc/>
    public override int VocabSize => _config.VocabSize;

    /// <inheritdoc/>
    public override int HiddenSize => _config.HiddenSize;

    /// <inheritdoc/>
    public override int ContextTokens => _config.MaxPositions - _config.FirstPosition;

    /// <inheritdoc/>
    public override Embedding Tokens => _embeddings.Tokens;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["attn.q", "attn.v"];

    /// <summary>Makes the encoder.</summary>
    public static MpNetEncoder Load(ModelConfig config, WeightBuilder weights)
    {
        int rows = config.GetPositive("relative_attention_num_buckets", Buckets);
        return rows >= Buckets
            ? new MpNetEncoder(Roberta.Settings(config) with { TokenTypes = 0 }, weights, rows)
            : throw config.Wrong("relative_attention_num_buckets", $"at least {Buckets}, which this family's distances fall into");
    }

    /// <summary>The heads.</summary>
    public static HeadLayout Heads(ModelConfig config) => Roberta.Heads(config);

    /// <inheritdoc/>
    public override Tensor Forward(in ForwardPass pass)
    {
        ForwardPass run = pass with { Shared = _bias.Begin(pass.Tokens) };
        Tensor h = _embeddings.Forward(pass.Tokens);
        pass.Observer?.Invoke(0, h);
        for (int i = 0; i < _blocks.Length; i++)
        {
            h = _blocks[i].Run(h, run);
            pass.Observer?.Invoke(i + 1, h);
        }

        return h;
    }
}
