using System.Runtime.InteropServices;
using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.FeedForward;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Models.Seq2Seq;

/// <summary>In what the families that are built like BART differ.</summary>
internal sealed record BartStyle
{
    /// <summary>Whether norms stand before the parts of a block, with one more at the end of each stack; else behind the sums.</summary>
    public required bool NormFirst { get; init; }

    /// <summary>Whether positions are learned, in a table whose first two rows are not used; else they are sines and cosines.</summary>
    public required bool LearnedPositions { get; init; }

    /// <summary>Whether embeddings are normalised.</summary>
    public required bool EmbeddingNorm { get; init; }

    /// <summary>Whether the decoder starts from the last id of each text (its language), as the reference trains it whatever the configuration names.</summary>
    public bool StartsFromLast { get; init; }

    /// <summary>Whether the decoder starts from the padding id in files that name none; else from the one that ends a text.</summary>
    public bool StartsFromPadding { get; init; }

    /// <summary>The padding id of files that name none.</summary>
    public int PaddingId { get; init; } = 1;
}

/// <summary>Settings that those families share.</summary>
internal sealed record BartConfig(
    int VocabSize, int HiddenSize, BartStackConfig Encoder, BartStackConfig Decoder, int MaxPositions, Activation Activation, double EmbeddingScale, int PaddingId, int? StartId)
{
    public static BartConfig Read(ModelConfig config, BartStyle style)
    {
        foreach (string shared in (ReadOnlySpan<string>)["tie_word_embeddings", "share_encoder_decoder_embeddings"])
        {
            if (!config.GetBoolean(shared, true))
            {
                throw config.Wrong(shared, "true: encoder, decoder and output layer share one table");
            }
        }

        int vocabulary = config.GetPositive("vocab_size");
        int hidden = config.GetWidth("d_model");
        int padding = config.FindInt32("pad_token_id") ?? style.PaddingId;
        return new BartConfig(
            vocabulary,
            hidden,
            Stack("encoder"),
            Stack("decoder"),
            config.GetPositive("max_position_embeddings", 1024),
            Activations.FromConfig(config, "activation_function", "gelu"),
            config.GetBoolean("scale_embedding", false) ? Math.Sqrt(hidden) : 1,
            padding,
            style.StartsFromLast ? null
                : config.TokenIds(config.Present("decoder_start_token_id", style.StartsFromPadding ? "pad_token_id" : "eos_token_id"), vocabulary) is [var start] ? start
                : style.StartsFromPadding ? padding : 2);

        BartStackConfig Stack(string side)
        {
            int heads = config.GetPositive($"{side}_attention_heads");
            return hidden % heads == 0
                ? new BartStackConfig(config.GetCount($"{side}_layers"), heads, config.GetWidth($"{side}_ffn_dim"))
                : throw config.Wrong($"{side}_attention_heads", $"a divisor of d_model = {hidden}");
        }
    }
}

/// <summary>Sizes of an encoder or decoder.</summary>
internal sealed record BartStackConfig(int Layers, int Heads, int IntermediateSize);

/// <summary>BART (Lewis et al. 2020) and its relatives: an encoder and a decoder with biases everywhere and positions added to the embeddings.</summary>
internal sealed class BartModel : Seq2SeqModel
{
    private readonly BartConfig _config;
    private readonly Embedding _embedding;
    private readonly BartStack _encoder;
    private readonly BartStack _decoder;

    private BartModel(BartConfig config, BartStyle style, WeightBuilder weights)
        : base(weights.Device, weights.Options.Compute)
    {
        _config = config;
        WeightBuilder model = weights.At("model");
        _embedding = Add(model.Embedding("shared", config.VocabSize, config.HiddenSize, config.PaddingId));
        model.Ignore("encoder.embed_tokens.weight");
        model.Ignore("decoder.embed_tokens.weight");
        _encoder = Add(new BartStack(config, config.Encoder, style, model.At("encoder"), isDecoder: false));
        _decoder = Add(new BartStack(config, config.Decoder, style, model.At("decoder"), isDecoder: true));

        // Not trained: a constant that some published models set to keep an id from being chosen.
        Parameter bias = weights.Array("final_logits_bias", [1, config.VocabSize]);
        bias.Value!.RequiresGrad = false;
        Head = Add(weights.Head("lm_head", _embedding, tied: true, bias));
    }

    /// <inheritdoc/>
    public override int VocabSize => _config.VocabSize;

    /// <inheritdoc/>
    public override int ContextTokens => _config.MaxPositions;

    /// <inheritdoc/>
    public override Linear Head { get; }

    /// <inheritdoc/>
    public override int? DecoderStartId => _config.StartId;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["q_proj", "v_proj"];

    public static BartModel Load(ModelConfig config, WeightBuilder weights, BartStyle style) => new(BartConfig.Read(config, style), style, weights);

    /// <inheritdoc/>
    public override Tensor Encode(in ForwardPass pass) => _encoder.Forward(Embed(pass), pass);

    /// <inheritdoc/>
    public override Tensor Decode(in ForwardPass pass, EncoderMemory memory)
    {
        Tensor h = _decoder.Forward(Embed(pass), pass with { Shared = new DecoderRun(memory) });
        pass.Observer?.Invoke(-1, h);
        return h;
    }

    /// <inheritdoc/>
    public override KvCache CreateCache(int sequences, int capacity)
    {
        int headSize = _config.HiddenSize / _config.Decoder.Heads;
        return new KvCache(Device, [.. Enumerable.Repeat(new CacheLayer(_config.Decoder.Heads, headSize, headSize), _config.Decoder.Layers)], sequences, capacity, Compute);
    }

    private Tensor Embed(in ForwardPass pass)
    {
        Tensor h = _embedding.Forward(pass.Tokens.InputIds);
        return _config.EmbeddingScale == 1 ? h : h.Affine(_config.EmbeddingScale);
    }
}

/// <summary>The encoder or the decoder.</summary>
internal sealed class BartStack : Module
{
    /// <summary>BART's table of positions starts with two rows that are never read.</summary>
    private const int UnusedPositions = 2;

    /// <summary>Values of a table that no file witnesses: some times those of any model.</summary>
    private const int LargestTable = 1 << 22;

    private readonly BartConfig _config;
    private readonly int _firstPosition;
    private readonly Embedding _positions;
    private readonly Norm? _embeddingNorm;
    private readonly StackBlock[] _blocks;
    private readonly Norm? _finalNorm;

    public BartStack(BartConfig config, BartStackConfig sizes, BartStyle style, WeightBuilder weights, bool isDecoder)
        : base(weights.Path)
    {
        _config = config;
        _firstPosition = style.LearnedPositions ? UnusedPositions : 0;
        _positions = Positions(config, style, weights, out bool inFile);
        if (inFile)
        {
            Add(_positions);
        }

        _embeddingNorm = AddIfAny(style.EmbeddingNorm ? weights.LayerNorm("layernorm_embedding", config.HiddenSize, 1e-5, dtype: style.NormFirst ? DType.F32 : null) : null);
        _blocks = new StackBlock[sizes.Layers];
        for (int i = 0; i < sizes.Layers; i++)
        {
            WeightBuilder at = weights.At($"layers.{i}");
            var parts = new List<(Norm, SubLayer)> { (Norm(at, "self_attn_layer_norm"), SelfAttention(config, sizes, at.At("self_attn"), i, isDecoder)) };
            if (isDecoder)
            {
                parts.Add((Norm(at, "encoder_attn_layer_norm"), Cross(config, sizes, at.At("encoder_attn"))));
            }

            parts.Add((Norm(at, "final_layer_norm"), FeedForward(config, sizes, at)));
            _blocks[i] = Add(new StackBlock(at.Path, style.NormFirst, [.. parts]));
        }

        _finalNorm = AddIfAny(style.NormFirst ? Norm(weights, "layer_norm") : null);

        LayerNorm Norm(WeightBuilder at, string name) => at.LayerNorm(name, config.HiddenSize, 1e-5);
    }

    public Tensor Forward(Tensor embedded, in ForwardPass pass)
    {
        TokenBatch tokens = pass.Tokens;
        if (tokens.MaxPosition >= _config.MaxPositions)
        {
            throw new TensorException($"embeddings: a sequence has {tokens.MaxPosition + 1} tokens, the model has positions for {_config.MaxPositions}; cut the texts");
        }

        Tensor places = _firstPosition == 0 ? tokens.Positions : tokens.Positions.Add(tokens.Positions.Device.Full([], DType.I32, _firstPosition));
        Tensor h = embedded.Add(_positions.Forward(places));
        h = _embeddingNorm?.Forward(h) ?? h;
        pass.Observer?.Invoke(0, h);
        for (int i = 0; i < _blocks.Length; i++)
        {
            h = _blocks[i].Run(h, pass);
            pass.Observer?.Invoke(i + 1, h);
        }

        return _finalNorm?.Forward(h) ?? h;
    }

    private static Embedding Positions(BartConfig config, BartStyle style, WeightBuilder weights, out bool inFile)
    {
        const string Name = "embed_positions";
        inFile = style.LearnedPositions || weights.Has($"{Name}.weight");
        if (inFile)
        {
            Embedding table = weights.Embedding(Name, (long)config.MaxPositions + (style.LearnedPositions ? UnusedPositions : 0), config.HiddenSize);
            table.Table.Value!.RequiresGrad &= style.LearnedPositions;
            return table;
        }

        if ((long)config.MaxPositions * config.HiddenSize > LargestTable)
        {
            throw new WeightException($"{weights.Path}.{Name}: a table of {config.MaxPositions} positions of {config.HiddenSize} values is larger than any model's; max_position_embeddings or d_model is wrong");
        }

        Tensor values = weights.Device.Persistent([config.MaxPositions, config.HiddenSize], DType.F32);
        float[] row = new float[config.HiddenSize];
        double[] wavelengths = SinusoidalPositions.Wavelengths(config.HiddenSize);
        for (int position = 0; position < config.MaxPositions; position++)
        {
            SinusoidalPositions.WriteSplit(wavelengths, position, row);
            weights.Device.Backend.Write(values.Storage, (long)position * row.Length * sizeof(float), MemoryMarshal.AsBytes(row.AsSpan()));
        }

        return new Embedding($"{weights.Path}.{Name}", new Parameter($"{weights.Path}.{Name}.weight", values), DType.F32);
    }

    private static SelfAttention SelfAttention(BartConfig config, BartStackConfig sizes, WeightBuilder at, int layer, bool isDecoder)
    {
        int headSize = config.HiddenSize / sizes.Heads;
        return new SelfAttention(at.Path, new AttentionParts
        {
            Layer = layer,
            Heads = sizes.Heads,
            KvHeads = sizes.Heads,
            HeadSize = headSize,
            Qkv = new SeparateQkv(Square(config, at, "q_proj"), Square(config, at, "k_proj"), Square(config, at, "v_proj")),
            Output = Square(config, at, "out_proj"),
            Options = new AttentionOptions(1 / Math.Sqrt(headSize)) { Causal = isDecoder },
        });
    }

    private static CrossAttention Cross(BartConfig config, BartStackConfig sizes, WeightBuilder at) => new(
        at.Path,
        Square(config, at, "q_proj"),
        Square(config, at, "k_proj"),
        Square(config, at, "v_proj"),
        Square(config, at, "out_proj"),
        sizes.Heads,
        1 / Math.Sqrt((double)config.HiddenSize / sizes.Heads));

    private static Mlp FeedForward(BartConfig config, BartStackConfig sizes, WeightBuilder at) => new(
        at.Path,
        at.Linear("fc1", config.HiddenSize, sizes.IntermediateSize, bias: true),
        at.Linear("fc2", sizes.IntermediateSize, config.HiddenSize, bias: true),
        config.Activation);

    private static Linear Square(BartConfig config, WeightBuilder at, string name) => at.Linear(name, config.HiddenSize, config.HiddenSize, bias: true);
}
