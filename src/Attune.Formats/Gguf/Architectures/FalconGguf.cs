using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Falcon 7B to 180B: attention and feed-forward layer in parallel, fused projections that GGUF holds as all queries, all keys, all values. The RefinedWeb models have no place here.</summary>
internal sealed class FalconGguf() : GgufArchitecture("falcon", ["falcon"], "FalconForCausalLM")
{
    internal override GgufSettings Settings { get; } = new()
    {
        Layers = ["num_hidden_layers", "n_layer"],
        UsualContext = 2048,
        Inner = ["ffn_hidden_size"],
        Heads = ["num_attention_heads", "n_head"],
        KeyValueHeads = [],
        HasHeadSize = false,
        Epsilon = ["layer_norm_epsilon"],
        UsualEpsilon = 1e-5,
        LayerNorm = true,
        Activation = ["activation"],
        Activations = ["gelu"],
        Tied = true,
    };

    internal override GgufNames Names { get; } = new()
    {
        Prefix = "transformer.",
        Layers = "h.",
        Outer = [new Renamed("token_embd", "word_embeddings"), new Renamed("output_norm", "ln_f")],
        Inner =
        [
            new FalconNorms(),
            new Renamed("attn_qkv", "self_attention.query_key_value", TensorForm.Rows(static config => new GroupedRows(Heads(config), KeyValueHeads(config)))),
            new Renamed("attn_output", "self_attention.dense"),
            new Renamed("ffn_up", "mlp.dense_h_to_4h"),
            new Renamed("ffn_down", "mlp.dense_4h_to_h"),
        ],
    };

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        string key = $"{Name}.attention.head_count_kv";
        int keyValueHeads = file.Metadata.ContainsKey(key) ? file.Metadata.RequirePositive(key) : 1;
        bool twoNorms = file.Contains("blk.0.attn_norm_2.weight");
        bool grouped = twoNorms || keyValueHeads > 1;
        config["new_decoder_architecture"] = grouped;
        config["num_ln_in_parallel_attn"] = twoNorms ? 2 : 1;
        config["num_kv_heads"] = grouped ? keyValueHeads : (int)config["num_attention_heads"]!;
        config["multi_query"] = true;
        config["parallel_attn"] = true;
        config["alibi"] = false;
        config["bias"] = false;
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "alibi", fallback: false, value: false);
        Require(config, "bias", fallback: false, value: false);
        if (!IsGrouped(config))
        {
            Require(config, "parallel_attn", fallback: true, value: true);
            Require(config, "multi_query", fallback: true, value: true);
        }

        metadata[$"{Name}.attention.head_count_kv"] = (uint)KeyValueHeads(config);
        metadata[$"{Name}.tensor_data_layout"] = "jploski";
    }

    private static bool IsGrouped(ModelConfig config) => config.GetBoolean("new_decoder_architecture", false);

    private static int Heads(ModelConfig config) => config.GetPositive(config.Present("num_attention_heads", "n_head"));

    // One pair serves all queries in the layout of 7B, whose configurations give the number of heads.
    private static int KeyValueHeads(ModelConfig config) => IsGrouped(config) ? config.GetPositive(config.Present("num_kv_heads", "n_head_kv"), Heads(config)) : 1;

    /// <summary>The norm that both parts read, or one of each: then GGUF lists the feed-forward layer's first.</summary>
    private sealed class FalconNorms : TensorRule
    {
        private readonly Renamed _shared = new("attn_norm", "input_layernorm");
        private readonly Renamed _feedForward = new("attn_norm", "ln_mlp");
        private readonly Renamed _attention = new("attn_norm_2", "ln_attn");

        public override void ToHuggingFace(TensorGroup group)
        {
            bool two = group.Has("attn_norm_2.weight");
            _attention.ToHuggingFace(group);
            (two ? _feedForward : _shared).ToHuggingFace(group);
        }

        public override void ToGguf(TensorGroup group)
        {
            _attention.ToGguf(group);
            _feedForward.ToGguf(group);
            _shared.ToGguf(group);
        }
    }
}
