using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Qwen3-MoE: Qwen3 with experts.</summary>
internal sealed class Qwen3MoeGguf() : GgufArchitecture("qwen3moe", ["qwen3_moe"], "Qwen3MoeForCausalLM")
{
    private static readonly GgufExperts Experts = new("num_experts", usualUsed: 8);

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(
        [new Renamed("ffn_gate_inp", "mlp.gate"), .. GgufExperts.Layers("mlp.experts.", "gate_proj", "up_proj", "down_proj")]);

    internal override IReadOnlyList<GgufKey> Keys { get; } = [GgufKey.Count("expert_feed_forward_length", "moe_intermediate_size", 768)];

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        Qwen2MoeGguf.ReadExperts(file, this, Experts, config);
        config["norm_topk_prob"] = true;
        config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
        QwenWindows.Read(file.Metadata, Name, config);
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "norm_topk_prob", fallback: false, value: true);
        Experts.Write(config, Name, metadata);
        QwenWindows.Write(config, Name, metadata, static _ => true);
    }
}
