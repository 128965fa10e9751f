using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>T5 and Flan-T5: an encoder and a decoder with a bias per distance. Files without an output layer scale the states before the embedding, as the first generation does.</summary>
internal sealed class T5Gguf() : GgufArchitecture("t5", ["t5"], "T5ForConditionalGeneration")
{
    private const int Farthest = 128;

    private const string FeedForwardKey = "feed_forward_proj";

    private const string ScaleKey = "scale_decoder_outputs";

    private const string KeyLength = "attention.key_length";

    internal override GgufSettings Settings { get; } = new()
    {
        Layers = ["num_layers"],
        Context = ["n_positions"],
        UsualContext = 512,
        Hidden = ["d_model"],
        Inner = ["d_ff"],
        Heads = ["num_heads"],
        KeyValueHeads = [],
        HasHeadSize = false,
        OwnHeadSizes = true,
        Epsilon = ["layer_norm_epsilon"],
        UsualEpsilon = 1e-6,
        Activation = [],
        Tied = true,
    };

    internal override GgufRope? Rope => null;

    internal override IReadOnlyList<GgufKey> Keys { get; } = [GgufKey.Count("attention.relative_buckets_count", "relative_attention_num_buckets", 32)];

    internal override GgufNames Names { get; } = new()
    {
        Prefix = "",
        GgufLayers = "enc.blk.",
        Layers = "encoder.block.",
        Outer = [new Renamed("token_embd", "shared"), new Renamed("enc.output_norm", "encoder.final_layer_norm"), new Renamed("dec.output_norm", "decoder.final_layer_norm")],
        Inner = [.. Attention("attn_", "layer.0.SelfAttention.", "layer.0.layer_norm"), .. FeedForward(1)],
        Second = new LayerNames(
            "dec.blk.",
            "decoder.block.",
            [.. Attention("attn_", "layer.0.SelfAttention.", "layer.0.layer_norm"), .. Attention("cross_attn_", "layer.1.EncDecAttention.", "layer.1.layer_norm"), .. FeedForward(2)]),
        IgnoredOutside = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"],
        Ignored = ["layer.1.EncDecAttention.relative_attention_bias.weight"],
    };

    internal override bool IsTied(ModelConfig config, ITensorSource tensors)
    {
        bool tied = config.GetBoolean("tie_word_embeddings", true);
        bool scales = config.GetBoolean(ScaleKey, tied);
        return tied && scales ? true
            : !scales && tensors.Contains("lm_head.weight") ? false
            : throw config.Wrong(ScaleKey, "true where the output layer is the embedding, and false where it has weights of its own, which is what a GGUF file of this architecture means");
    }

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        GgufMetadata metadata = file.Metadata;
        config["d_kv"] = metadata.RequirePositive($"{Name}.{KeyLength}");
        string layersKey = $"{Name}.decoder_block_count";
        config["num_decoder_layers"] = metadata.ContainsKey(layersKey) ? GgufSettings.RequireLayers(metadata, layersKey) : (int)config["num_layers"]!;
        config["relative_attention_max_distance"] = Farthest;
        config[FeedForwardKey] = file.Contains("enc.blk.0.ffn_gate.weight") ? "gated-gelu" : "relu";
        config["is_encoder_decoder"] = true;
        config["decoder_start_token_id"] = metadata.GetInt32($"{Name}.decoder_start_token_id") ?? 0;
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        if (config.GetPositive("relative_attention_max_distance", Farthest) != Farthest)
        {
            throw config.Wrong("relative_attention_max_distance", $"{Farthest}, which is what a GGUF file of this architecture means");
        }

        if (config.GetString(FeedForwardKey, "relu") is not ("relu" or "gated-gelu" or "gated-gelu_new"))
        {
            throw config.Wrong(FeedForwardKey, "relu or gated-gelu, which are what GGUF files of this architecture have");
        }

        foreach (string key in new[] { KeyLength, "attention.value_length" })
        {
            metadata[$"{Name}.{key}"] = (uint)config.GetPositive("d_kv");
        }

        metadata[$"{Name}.decoder_block_count"] = (uint)config.GetCount("num_decoder_layers", config.GetCount("num_layers"));
        metadata[$"{Name}.decoder_start_token_id"] = (uint)(config.TokenIds(config.Present("decoder_start_token_id", "pad_token_id"), config.GetPositive("vocab_size")) is [var start] ? start : 0);
    }

    private static TensorRule[] Attention(string gguf, string huggingFace, string norm) =>
    [
        new Renamed($"{gguf}norm", norm),
        new Renamed($"{gguf}q", $"{huggingFace}q"),
        new Renamed($"{gguf}k", $"{huggingFace}k"),
        new Renamed($"{gguf}v", $"{huggingFace}v"),
        new Renamed($"{gguf}o", $"{huggingFace}o"),
        .. gguf == "attn_" ? [new Renamed("attn_rel_b", $"{huggingFace}relative_attention_bias")] : Array.Empty<TensorRule>(),
    ];

    private static TensorRule[] FeedForward(int part) =>
    [
        new Renamed("ffn_norm", $"layer.{part}.layer_norm"),
        new InnerLayer($"layer.{part}.DenseReluDense."),
        new Renamed("ffn_down", $"layer.{part}.DenseReluDense.wo"),
    ];

    /// <summary>The layer that widens, alone or beside one with the activation.</summary>
    private sealed class InnerLayer(string place) : TensorRule
    {
        private readonly Renamed _gate = new("ffn_gate", $"{place}wi_0");
        private readonly Renamed _gated = new("ffn_up", $"{place}wi_1");
        private readonly Renamed _plain = new("ffn_up", $"{place}wi");

        public override void ToHuggingFace(TensorGroup group)
        {
            bool gated = group.Has("ffn_gate.weight");
            _gate.ToHuggingFace(group);
            (gated ? _gated : _plain).ToHuggingFace(group);
        }

        public override void ToGguf(TensorGroup group)
        {
            _gate.ToGguf(group);
            _gated.ToGguf(group);
            _plain.ToGguf(group);
        }
    }
}
