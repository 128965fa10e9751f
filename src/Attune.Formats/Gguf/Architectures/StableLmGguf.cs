using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>StableLM: Llama with layer norms and positions in a part of each head; attention and gated layer one after the other, or in parallel where the second norm is absent.</summary>
internal sealed class StableLmGguf() : GgufArchitecture("stablelm", ["stablelm"], "StableLmForCausalLM")
{
    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { HasHeadSize = false, Epsilon = ["layer_norm_eps"], UsualEpsilon = 1e-5, LayerNorm = true };

    internal override GgufRope Rope { get; } = new() { Partial = 0.25 };

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(
        new Stacked("attn_q_norm.weight", "self_attn.q_layernorm.norms.", ".weight", static config => config.GetCount("num_attention_heads")),
        new Stacked("attn_k_norm.weight", "self_attn.k_layernorm.norms.", ".weight", static config => config.GetCount("num_key_value_heads")));

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["use_qkv_bias"] = file.Contains("blk.0.attn_q.bias");
        config["qk_layernorm"] = file.Contains("blk.0.attn_q_norm.weight");
        config["use_parallel_residual"] = !file.Contains("blk.0.ffn_norm.weight");
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) =>
        metadata[$"{Name}.use_parallel_residual"] = config.GetBoolean("use_parallel_residual", false);
}
