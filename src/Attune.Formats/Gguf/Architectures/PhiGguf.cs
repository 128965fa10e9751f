namespace Attune.Formats;

/// <summary>Phi-1, 1.5 and 2: attention and feed-forward layer in parallel from one layer norm, biases everywhere, positions in a part of each head.</summary>
internal sealed class PhiGguf() : GgufArchitecture("phi2", ["phi"], "PhiForCausalLM")
{
    internal override GgufSettings Settings { get; } = GgufSettings.Llama with
    {
        HasHeadSize = false,
        Epsilon = ["layer_norm_eps"],
        UsualEpsilon = 1e-5,
        LayerNorm = true,
        Activations = ["gelu_new", "gelu_pytorch_tanh"],
    };

    internal override GgufRope Rope { get; } = new() { Partial = 0.5 };

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(
        new Renamed("attn_output", "self_attn.dense"), new Renamed("ffn_up", "mlp.fc1"), new Renamed("ffn_down", "mlp.fc2")) with
    {
        Outer = [new Renamed("token_embd", "embed_tokens"), new Renamed("output_norm", "final_layernorm")],
    };

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => Require(config, "qk_layernorm", fallback: false, value: false);
}
