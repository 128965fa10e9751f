using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>Settings of ModernBERT under the names of its config.json.</summary>
public sealed record ModernBertConfig
{
    /// <summary>Rows of the embedding: V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the hidden states: C.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the gated layer: I.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>For each block whether it sees whole sequences; the others see a window.</summary>
    public required IReadOnlyList<bool> SeesAll { get; init; }

    /// <summary>Heads: H.</summary>
    public required int Heads { get; init; }

    /// <summary>Tokens that blocks with a window see to each side.</summary>
    public required int HalfWindow { get; init; }

    /// <summary>The longest sequence that the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Added to the variance before the root.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Whether norms have a shift.</summary>
    public required bool NormBias { get; init; }

    /// <summary>Whether the attention's projections have biases.</summary>
    public required bool AttentionBias { get; init; }

    /// <summary>Whether the gated layer's projections have biases.</summary>
    public required bool MlpBias { get; init; }

    /// <summary>The function of the gated layer.</summary>
    public required Activation Activation { get; init; }

    /// <summary>The id whose embedding gets no gradient from look-ups; -1 for none.</summary>
    public required int PaddingId { get; init; }
}

/// <summary>ModernBERT (Warner et al. 2024): rotary positions, gated layers, norms before each part, and windows in most blocks.</summary>
public sealed class ModernBertEncoder : Backbone
{
    private const double GlobalTheta = 160_000;
    private const double LocalTheta = 10_000;

    private readonly ModernBertConfig _config;
    private readonly Norm _embeddingNorm;
    private readonly SequentialBlock[] _blocks;
    private readonly Norm _finalNorm;

    private ModernBertEncoder(ModernBertConfig config, RotaryEmbedding global, RotaryEmbedding local, WeightBuilder weights)
        : base(weights)
    {
        _config = config;
        WeightBuilder embeddings = weights.At("embeddings");
        Tokens = Add(embeddings.Embedding("tok_embeddings", config.VocabSize, config.HiddenSize, config.PaddingId));

        // Its results are the residual stream.
        _embeddingNorm = Add(embeddings.LayerNorm("norm", config.HiddenSize, config.NormEpsilon, config.NormBias, DType.F32));
        _blocks = new SequentialBlock[config.SeesAll.Count];
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = Add(Block(config, config.SeesAll[i] ? global : local, weights.At("layers").At($"{i}"), i));
        }

        _finalNorm = Add(weights.LayerNorm("final_norm", config.HiddenSize, config.NormEpsilon, config.NormBias));
    }

    /// <inheritdoc/>
    public override int VocabSize => _config.VocabSize;

    /// <inheritdoc/>
    public override int HiddenSize => _config.HiddenSize;

    /// <inheritdoc/>
    public override int ContextTokens => _config.MaxPositions;

    /// <inheritdoc/>
    public override Embedding Tokens { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["Wqkv"];

    /// <summary>Makes the encoder.</summary>
    public static ModernBertEncoder Load(ModelConfig config, WeightBuilder weights)
    {
        ModernBertConfig settings = Read(config);
        int headSize = settings.HiddenSize / settings.Heads;
        double global = config.GetDouble("global_rope_theta", GlobalTheta);
        double local = config.IsNull("local_rope_theta") ? global : config.GetDouble("local_rope_theta", LocalTheta);
        return new ModernBertEncoder(
            settings,
            Rotary.FromConfig(config, weights.Device, headSize, theta: global, layerType: "full_attention"),
            Rotary.FromConfig(config, weights.Device, headSize, theta: local, layerType: SlidingWindows.Sliding),
            weights);
    }

    /// <summary>The heads.</summary>
    public static HeadLayout Heads(ModelConfig config)
    {
        var transform = new TransformLayout("head.dense", Activations.FromConfig(config, "classifier_activation", "gelu"), "head.norm")
        {
            Bias = config.GetBoolean("classifier_bias", false),
            NormEpsilon = config.GetEpsilon("norm_eps", 1e-5),
            NormBias = config.GetBoolean("norm_bias", false),
        };
        Pooling pooling = config.GetString("classifier_pooling", "cls") switch
        {
            "cls" => Pooling.First,
            "mean" => Pooling.Mean,
            _ => throw config.Wrong("classifier_pooling", "cls or mean"),
        };
        return new HeadLayout
        {
            Sequence = new PoolerLayout(pooling, transform),
            Choice = new PoolerLayout(pooling, transform),
            Token = transform,
            AnswerOutput = "classifier",
            MaskedLm = transform,
            MaskedLmDecoder = "decoder",
            MaskedLmBias = config.GetBoolean("decoder_bias", true) ? "decoder.bias" : null,
        };
    }

    /// <inheritdoc/>
    public override Tensor Forward(in ForwardPass pass)
    {
        Tensor h = _embeddingNorm.Forward(Tokens.Forward(pass.Tokens.InputIds));
        pass.Observer?.Invoke(0, h);
        for (int i = 0; i < _blocks.Length; i++)
        {
            h = _blocks[i].Run(h, pass);
            pass.Observer?.Invoke(i + 1, h);
        }

        return _finalNorm.Forward(h);
    }

    private static SequentialBlock Block(ModernBertConfig config, RotaryEmbedding rotary, WeightBuilder weights, int layer)
    {
        int size = config.HiddenSize;
        int headSize = size / config.Heads;
        WeightBuilder attention = weights.At("attn");
        WeightBuilder mlp = weights.At("mlp");
        var parts = new AttentionParts
        {
            Layer = layer,
            Heads = config.Heads,
            KvHeads = config.Heads,
            HeadSize = headSize,
            Qkv = new BlockedQkv(attention.Linear("Wqkv", size, 3 * size, config.AttentionBias), config.Heads, config.Heads, headSize),
            Output = attention.Linear("Wo", size, size, config.AttentionBias),
            Options = new AttentionOptions(1 / Math.Sqrt(headSize)) { Causal = false, HalfWindow = config.SeesAll[layer] ? 0 : config.HalfWindow },
            Rotary = rotary,
        };
        var gated = new FusedGatedMlp(
            mlp.Path, mlp.Linear("Wi", size, 2 * config.IntermediateSize, config.MlpBias), mlp.Linear("Wo", config.IntermediateSize, size, config.MlpBias), config.Activation);

        // The embeddings are normalised already where the first block reads them.
        Norm? attentionNorm = layer == 0 ? null : weights.LayerNorm("attn_norm", size, config.NormEpsilon, config.NormBias);
        return new SequentialBlock(
            weights,
            new Branch(attentionNorm, new SelfAttention(attention.Path, parts)),
            new Branch(weights.LayerNorm("mlp_norm", size, config.NormEpsilon, config.NormBias), gated));
    }

    private static ModernBertConfig Read(ModelConfig config)
    {
        int hidden = config.GetWidth("hidden_size");
        int heads = config.GetPositive("num_attention_heads");
        if (hidden % heads != 0)
        {
            throw config.Wrong("num_attention_heads", $"a divisor of hidden_size = {hidden}");
        }

        int layers = config.GetCount("num_hidden_layers");
        int every = config.GetPositive("global_attn_every_n_layers", 3);
        IReadOnlyList<string>? types = config.FindStrings("layer_types");
        if (types is not null && (types.Count != layers || types.Any(type => type is not ("full_attention" or SlidingWindows.Sliding))))
        {
            throw config.Wrong("layer_types", $"{layers} texts, each \"{SlidingWindows.Sliding}\" or \"full_attention\"");
        }

        return new ModernBertConfig
        {
            VocabSize = config.GetPositive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = config.GetWidth("intermediate_size"),
            SeesAll = [.. Enumerable.Range(0, layers).Select(i => types is null ? i % every == 0 : types[i] == "full_attention")],
            Heads = heads,
            HalfWindow = Math.Max(1, config.GetPositive("local_attention", 128) / 2),
            MaxPositions = config.GetPositive("max_position_embeddings", 8192),
            NormEpsilon = config.GetEpsilon("norm_eps", 1e-5),
            NormBias = config.GetBoolean("norm_bias", false),
            AttentionBias = config.GetBoolean("attention_bias", false),
            MlpBias = config.GetBoolean("mlp_bias", false),
            Activation = Activations.FromConfig(config, "hidden_activation", "gelu"),
            PaddingId = config.FindInt32("pad_token_id") ?? -1,
        };
    }
}
