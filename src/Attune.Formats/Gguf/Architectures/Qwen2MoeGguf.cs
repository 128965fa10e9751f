using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Qwen1.5-MoE and Qwen2-MoE: Qwen2 with experts, beside which one layer with a gate serves all tokens.</summary>
internal sealed class Qwen2MoeGguf() : GgufArchitecture("qwen2moe", ["qwen2_moe"], "Qwen2MoeForCausalLM")
{
    private static readonly GgufExperts Experts = new("num_experts", usualUsed: 4);

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(
    [
        new Renamed("ffn_gate_inp", "mlp.gate"),
        .. GgufExperts.Layers("mlp.experts.", "gate_proj", "up_proj", "down_proj"),
        new Renamed("ffn_gate_inp_shexp", "mlp.shared_expert_gate", TensorForm.SingleRow),
        new Renamed("ffn_gate_shexp", "mlp.shared_expert.gate_proj"),
        new Renamed("ffn_up_shexp", "mlp.shared_expert.up_proj"),
        new Renamed("ffn_down_shexp", "mlp.shared_expert.down_proj"),
    ]);

    internal override IReadOnlyList<GgufKey> Keys { get; } =
    [
        GgufKey.Count("expert_feed_forward_length", "moe_intermediate_size", 1408),
        GgufKey.Count("expert_shared_feed_forward_length", "shared_expert_intermediate_size", 5632),
    ];

    /// <summary>Reads the experts of a Qwen model and which layers have none.</summary>
    public static void ReadExperts(GgufFile file, GgufArchitecture architecture, GgufExperts experts, JsonObject config)
    {
        experts.Require(file, architecture.Name, config);
        int layers = (int)config["num_hidden_layers"]!;
        config["decoder_sparse_step"] = 1;
        config["mlp_only_layers"] = new JsonArray([.. Enumerable.Range(0, layers).Where(layer => file.Contains($"blk.{layer}.ffn_gate.weight")).Select(layer => (JsonNode)layer)]);
    }

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        ReadExperts(file, this, Experts, config);
        config["norm_topk_prob"] = false;
        config["qkv_bias"] = file.Contains("blk.0.attn_q.bias");
        QwenWindows.Read(file.Metadata, Name, config);
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "norm_topk_prob", fallback: false, value: false);
        Experts.Write(config, Name, metadata);
        int end = config.FindInt32("max_window_layers") ?? 28;
        QwenWindows.Write(config, Name, metadata, layer => layer % 2 == 0 && layer < end);
    }
}
