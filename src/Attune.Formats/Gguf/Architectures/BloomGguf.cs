namespace Attune.Formats;

/// <summary>BLOOM: linear biases instead of positions, a norm behind the embedding, fused projections that GGUF holds as all queries, all keys, all values.</summary>
internal sealed class BloomGguf() : GgufArchitecture("bloom", ["bloom"], "BloomForCausalLM")
{
    internal override GgufSettings Settings { get; } = new()
    {
        Layers = ["n_layer", "num_hidden_layers"],
        Context = ["seq_length"],
        UsualContext = 2048,
        Hidden = ["hidden_size", "n_embed"],
        Inner = [],
        Heads = ["n_head", "num_attention_heads"],
        KeyValueHeads = [],
        HasHeadSize = false,
        Epsilon = ["layer_norm_epsilon"],
        UsualEpsilon = 1e-5,
        LayerNorm = true,
        Activation = [],
        Tied = true,
    };

    internal override GgufRope? Rope => null;

    internal override GgufNames Names { get; } = new()
    {
        Prefix = "transformer.",
        Layers = "h.",
        Outer = [new Renamed("token_embd", "word_embeddings"), new Renamed("token_embd_norm", "word_embeddings_layernorm"), new Renamed("output_norm", "ln_f")],
        Inner =
        [
            new Renamed("attn_norm", "input_layernorm"),
            new Renamed("attn_qkv", "self_attention.query_key_value", TensorForm.HeadRows("n_head", "num_attention_heads")),
            new Renamed("attn_output", "self_attention.dense"),
            new Renamed("ffn_norm", "post_attention_layernorm"),
            new Renamed("ffn_up", "mlp.dense_h_to_4h"),
            new Renamed("ffn_down", "mlp.dense_4h_to_h"),
        ],
    };

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => Require(config, "apply_residual_connection_post_layernorm", fallback: false, value: false);
}
