namespace Attune.Formats;

/// <summary>GPT-NeoX and Pythia: fused projections that GGUF holds as all queries, all keys, all values; positions in a part of each head.</summary>
internal sealed class GptNeoXGguf() : GgufArchitecture("gptneox", ["gpt_neox"], "GPTNeoXForCausalLM")
{
    internal override GgufSettings Settings { get; } = GgufSettings.Llama with
    {
        KeyValueHeads = [],
        HasHeadSize = false,
        Epsilon = ["layer_norm_eps"],
        UsualEpsilon = 1e-5,
        LayerNorm = true,
        Activations = ["gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh"],
    };

    internal override GgufRope Rope { get; } = new() { Partial = 0.25, PartialKey = "rotary_pct", ThetaKey = "rotary_emb_base" };

    internal override IReadOnlyList<GgufKey> Keys { get; } = [GgufKey.Flag("use_parallel_residual", "use_parallel_residual", true)];

    internal override GgufNames Names { get; } = new()
    {
        Prefix = "gpt_neox.",
        Layers = "layers.",
        Head = "embed_out",
        Outer = [new Renamed("token_embd", "embed_in"), new Renamed("output_norm", "final_layer_norm")],
        Inner =
        [
            new Renamed("attn_norm", "input_layernorm"),
            new Renamed("attn_qkv", "attention.query_key_value", TensorForm.HeadRows("num_attention_heads")),
            new Renamed("attn_output", "attention.dense"),
            new Renamed("ffn_norm", "post_attention_layernorm"),
            new Renamed("ffn_up", "mlp.dense_h_to_4h"),
            new Renamed("ffn_down", "mlp.dense_4h_to_h"),
        ],
        Ignored = ["attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq"],
    };

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => Require(config, "attention_bias", fallback: true, value: true);
}
