using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Nn.FeedForward;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>Settings of T5 under the names of its config.json.</summary>
public sealed record T5Config
{
    /// <summary>Rows of the embedding: V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the states: C.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the inner layer: I.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Blocks of the encoder.</summary>
    public required int EncoderLayers { get; init; }

    /// <summary>Blocks of the decoder.</summary>
    public required int DecoderLayers { get; init; }

    /// <summary>Heads: H.</summary>
    public required int Heads { get; init; }

    /// <summary>Head size D; H D need not be C.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Buckets of distances.</summary>
    public required int Buckets { get; init; }

    /// <summary>Distance from which on all share a bucket.</summary>
    public required int MaxDistance { get; init; }

    /// <summary>Added to the mean square before the root.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>The function of the inner layer.</summary>
    public required Activation Activation { get; init; }

    /// <summary>Whether the inner layer is gated (v1.1).</summary>
    public required bool IsGated { get; init; }

    /// <summary>Whether the output layer is the embedding.</summary>
    public required bool TiedEmbedding { get; init; }

    /// <summary>Factor of the states before the output layer.</summary>
    public required double OutputScale { get; init; }

    /// <summary>The id that the decoder starts from.</summary>
    public required int StartId { get; init; }
}

/// <summary>T5 and its generations 1.1 and Flan (Raffel et al. 2020): norms without mean, scores without scale, a bias per distance in place of positions.</summary>
public sealed class T5Model : Seq2SeqModel
{
    private readonly T5Config _config;
    private readonly Embedding _embedding;
    private readonly T5Stack _encoder;
    private readonly T5Stack _decoder;

    private T5Model(T5Config config, WeightBuilder weights)
        : base(weights.Device, weights.Options.Compute)
    {
        _config = config;
        _embedding = Add(weights.Embedding("shared", config.VocabSize, config.HiddenSize));
        weights.Ignore("encoder.embed_tokens.weight");
        weights.Ignore("decoder.embed_tokens.weight");
        _encoder = Add(new T5Stack(config, weights.At("encoder"), config.EncoderLayers, isDecoder: false));
        _decoder = Add(new T5Stack(config, weights.At("decoder"), config.DecoderLayers, isDecoder: true));
        Head = Add(weights.Head("lm_head", _embedding, config.TiedEmbedding));
    }

    /// <inheritdoc/>
    public override int VocabSize => _config.VocabSize;

    /// <inheritdoc/>
    public override int ContextTokens => int.MaxValue;

    /// <inheritdoc/>
    public override Linear Head { get; }

    /// <inheritdoc/>
    public override int? DecoderStartId => _config.StartId;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["q", "v"];

    /// <summary>Makes a model from its configuration and weights.</summary>
    public static T5Model Load(ModelConfig config, WeightBuilder weights) => new(Read(config, weights.Has("lm_head.weight")), weights);

    /// <inheritdoc/>
    public override Tensor Encode(in ForwardPass pass) => _encoder.Forward(_embedding.Forward(pass.Tokens.InputIds), pass, memory: null);

    /// <inheritdoc/>
    public override Tensor Decode(in ForwardPass pass, EncoderMemory memory)
    {
        Tensor h = _decoder.Forward(_embedding.Forward(pass.Tokens.InputIds), pass, memory);
        h = _config.OutputScale == 1 ? h : h.Affine(_config.OutputScale);
        pass.Observer?.Invoke(-1, h);
        return h;
    }

    /// <inheritdoc/>
    public override KvCache CreateCache(int sequences, int capacity) =>
        new(Device, [.. Enumerable.Repeat(new CacheLayer(_config.Heads, _config.HeadSize, _config.HeadSize), _config.DecoderLayers)], sequences, capacity, Compute);

    private static T5Config Read(ModelConfig config, bool hasHead)
    {
        string projection = config.GetString("feed_forward_proj", "relu");
        bool gated = projection.StartsWith("gated-", StringComparison.Ordinal);
        string name = gated ? projection["gated-".Length..] : projection;

        // Published files say "gated-gelu" and mean the form with the hyperbolic tangent.
        name = gated && name == "gelu" ? "gelu_new" : name;
        bool tied = config.GetBoolean("tie_word_embeddings", true);
        bool scales = config.GetBoolean("scale_decoder_outputs", tied);
        int hidden = config.GetWidth("d_model");
        int layers = config.GetCount("num_layers");
        (int buckets, int farthest) = Distances(config);
        return new T5Config
        {
            VocabSize = config.GetPositive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = config.GetWidth("d_ff"),
            EncoderLayers = layers,
            DecoderLayers = config.GetCount("num_decoder_layers", layers),
            Heads = config.GetPositive("num_heads"),
            HeadSize = HeadSizes.Require(config, "d_kv", config.GetPositive("d_kv"), config.GetPositive("num_heads")),
            Buckets = buckets,
            MaxDistance = farthest,
            NormEpsilon = config.GetEpsilon("layer_norm_epsilon", 1e-6),
            Activation = KnownActivations.Find(name) ?? throw config.Wrong("feed_forward_proj", $"one of {string.Join(", ", KnownActivations.All.Select(item => item.Name))}, possibly behind 'gated-'"),
            IsGated = gated,

            // An output layer in the file is the model's own, but for old files of the first generation, which repeat the embedding.
            TiedEmbedding = tied && (!hasHead || scales),
            OutputScale = scales ? 1 / Math.Sqrt(hidden) : 1,
            StartId = config.TokenIds(config.Present("decoder_start_token_id", "pad_token_id"), config.GetPositive("vocab_size")) is [var start] ? start : 0,
        };
    }

    private static (int Buckets, int Farthest) Distances(ModelConfig config)
    {
        int buckets = config.GetPositive("relative_attention_num_buckets", 32);
        int farthest = config.GetPositive("relative_attention_max_distance", 128);
        if (buckets % 4 != 0)
        {
            throw config.Wrong("relative_attention_num_buckets", "a multiple of 4");
        }

        return farthest > buckets / 2
            ? (buckets, farthest)
            : throw config.Wrong("relative_attention_max_distance", $"more than half of the {buckets} buckets");
    }
}

/// <summary>The encoder or the decoder.</summary>
internal sealed class T5Stack : Module
{
    private readonly StackBlock[] _blocks;
    private readonly RelativeBias _bias;
    private readonly Norm _finalNorm;

    public T5Stack(T5Config config, WeightBuilder weights, int layers, bool isDecoder)
        : base(weights.Path)
    {
        _blocks = new StackBlock[layers];
        for (int i = 0; i < layers; i++)
        {
            WeightBuilder place = weights.At($"block.{i}");
            var parts = new List<(Norm, SubLayer)> { (Norm(place, 0), new T5SelfAttention(config, place.At("layer.0.SelfAttention"), i, isDecoder)) };
            if (isDecoder)
            {
                parts.Add((Norm(place, 1), Cross(config, place.At("layer.1.EncDecAttention"))));
            }

            parts.Add((Norm(place, parts.Count), FeedForward(config, place.At($"layer.{parts.Count}.DenseReluDense"))));
            _blocks[i] = Add(new StackBlock(place.Path, normFirst: true, [.. parts]));
        }

        // The first block's file holds the table that all blocks share.
        _bias = Add(new RelativeBias(
            weights.At("block.0.layer.0.SelfAttention").Embedding("relative_attention_bias", config.Buckets, config.Heads),
            distance => T5RelativeBuckets.Bucket(distance, config.Buckets, config.MaxDistance, bidirectional: !isDecoder)));
        _finalNorm = Add(weights.RmsNorm("final_layer_norm", config.HiddenSize, config.NormEpsilon));

        RmsNorm Norm(WeightBuilder place, int part) => place.RmsNorm($"layer.{part}.layer_norm", config.HiddenSize, config.NormEpsilon);
    }

    public Tensor Forward(Tensor h, in ForwardPass pass, EncoderMemory? memory)
    {
        RelativeBias.Run bias = _bias.Begin(pass.Tokens);
        ForwardPass run = pass with { Shared = memory is null ? bias : new DecoderRun(memory, bias) };
        pass.Observer?.Invoke(0, h);
        for (int i = 0; i < _blocks.Length; i++)
        {
            h = _blocks[i].Run(h, run);
            pass.Observer?.Invoke(i + 1, h);
        }

        return _finalNorm.Forward(h);
    }

    private static CrossAttention Cross(T5Config config, WeightBuilder at)
    {
        int inner = config.Heads * config.HeadSize;
        return new CrossAttention(
            at.Path,
            at.Linear("q", config.HiddenSize, inner, bias: false),
            at.Linear("k", config.HiddenSize, inner, bias: false),
            at.Linear("v", config.HiddenSize, inner, bias: false),
            at.Linear("o", inner, config.HiddenSize, bias: false),
            config.Heads,
            scale: 1);
    }

    private static SubLayer FeedForward(T5Config config, WeightBuilder at)
    {
        Linear down = at.Linear("wo", config.IntermediateSize, config.HiddenSize, bias: false);
        return config.IsGated
            ? new GatedMlp(at.Path, Inner("wi_0"), Inner("wi_1"), down, config.Activation)
            : new Mlp(at.Path, Inner("wi"), down, config.Activation);

        Linear Inner(string name) => at.Linear(name, config.HiddenSize, config.IntermediateSize, bias: false);
    }
}

/// <summary>Self-attention whose scores have a bias per distance and no scale.</summary>
internal sealed class T5SelfAttention : SubLayer
{
    private readonly T5Config _config;
    private readonly int _layer;
    private readonly AttentionOptions _options;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;

    public T5SelfAttention(T5Config config, WeightBuilder weights, int layer, bool isDecoder)
        : base(weights.Path)
    {
        _config = config;
        _layer = layer;
        _options = new AttentionOptions(1) { Causal = isDecoder };
        int inner = config.Heads * config.HeadSize;
        _query = Add(weights.Linear("q", config.HiddenSize, inner, bias: false));
        _key = Add(weights.Linear("k", config.HiddenSize, inner, bias: false));
        _value = Add(weights.Linear("v", config.HiddenSize, inner, bias: false));
        _output = Add(weights.Linear("o", inner, config.HiddenSize, bias: false));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass)
    {
        RelativeBias.Run bias = pass.Shared as RelativeBias.Run ?? ((DecoderRun)pass.Shared!).Bias!;
        Tensor q = Heads(_query.Forward(x));
        Tensor k = Heads(_key.Forward(x));
        Tensor v = Heads(_value.Forward(x));
        if (pass.Cache is { } cache)
        {
            (k, v) = cache.Store(_layer, k, v);
        }

        Tensor y = bias.Attention(q, k, v, _options);
        return _output.Forward(y.Reshape(-1, _output.InFeatures), residual);
    }

    private Tensor Heads(Tensor x) => x.Reshape(-1, _config.Heads, _config.HeadSize);
}
