using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>DeepSeek-V3 and R1: latent attention, which files describe as one key-value head of the latent states, and experts chosen in groups. Old files have the attention as it is trained.</summary>
internal sealed class DeepSeek2Gguf() : GgufArchitecture("deepseek2", ["deepseek_v3"], "DeepseekV3ForCausalLM")
{
    private const int SigmoidGate = 2;

    private const string LatentKey = "attention.kv_lora_rank";

    private const string KeyLength = "attention.key_length";

    private const string ValueLength = "attention.value_length";

    private const string GateKey = "expert_gating_func";

    private static readonly GgufExperts Experts = new("n_routed_experts", usualUsed: 8);

    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { KeyValueHeads = [], HasHeadSize = false, OwnHeadSizes = true, UsualEpsilon = 1e-6 };

    internal override GgufRope Rope { get; } = new() { SizeKey = "qk_rope_head_dim", UsualSize = 64, HasScoreGain = true };

    internal override IReadOnlyList<GgufKey> Keys { get; } =
    [
        GgufKey.Count("attention.q_lora_rank", "q_lora_rank"),
        GgufKey.Count(LatentKey, "kv_lora_rank", 512),
        GgufKey.Count("expert_feed_forward_length", "moe_intermediate_size", 2048),
        GgufKey.Count("expert_shared_count", "n_shared_experts", 1),
        GgufKey.Count("expert_group_count", "n_group", 8),
        GgufKey.Count("expert_group_used_count", "topk_group", 4),
        GgufKey.Number("expert_weights_scale", "routed_scaling_factor", 2.5),
        GgufKey.Flag("expert_weights_norm", "norm_topk_prob", true),
    ];

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(
    [
        new Renamed("attn_q_a", "self_attn.q_a_proj"),
        new Renamed("attn_q_a_norm", "self_attn.q_a_layernorm"),
        new Renamed("attn_q_b", "self_attn.q_b_proj"),
        new Renamed("attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa"),
        new Renamed("attn_kv_a_norm", "self_attn.kv_a_layernorm"),
        new LatentProjection(),
        new Renamed("ffn_gate_inp", "mlp.gate"),
        new Exact("exp_probs_b.bias", "mlp.gate.e_score_correction_bias"),
        .. GgufExperts.Layers("mlp.experts.", "gate_proj", "up_proj", "down_proj"),
        new Renamed("ffn_gate_shexp", "mlp.shared_experts.gate_proj"),
        new Renamed("ffn_up_shexp", "mlp.shared_experts.up_proj"),
        new Renamed("ffn_down_shexp", "mlp.shared_experts.down_proj"),
    ]) with
    {
        // Published folders have a layer behind the last that predicts the token after the next.
        LayerCount = static config => config.GetCount("num_hidden_layers"),
    };

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        GgufMetadata metadata = file.Metadata;
        string gateKey = $"{Name}.{GateKey}";
        if (metadata.GetInt32(gateKey) is var gate and not SigmoidGate)
        {
            throw ModelFileException.At(
                file.Location, $"key '{gateKey}'", $"expected {SigmoidGate} (sigmoid), since DeepSeek-V2, whose experts are chosen by a soft-max, is not known, found {(gate is null ? "none" : $"{gate}")}");
        }

        Experts.Require(file, Name, config);
        config["kv_lora_rank"] = metadata.RequirePositive($"{Name}.{LatentKey}");
        config["num_key_value_heads"] = (int)config["num_attention_heads"]!;
        int rotary = metadata.RequirePositive($"{Name}.rope.dimension_count");
        string suffix = metadata.ContainsKey($"{Name}.{KeyLength}_mla") ? "_mla" : "";
        string keyLength = $"{Name}.{KeyLength}{suffix}";
        int key = metadata.RequirePositive(keyLength);
        config["qk_rope_head_dim"] = rotary;
        config["qk_nope_head_dim"] = key > rotary ? key - rotary : throw ModelFileException.At(file.Location, $"key '{keyLength}'", $"expected more than the {rotary} dimensions that turn, found {key}");
        config["v_head_dim"] = metadata.RequirePositive($"{Name}.{ValueLength}{suffix}");
        config["rope_interleave"] = true;
        config["attention_bias"] = file.Contains("blk.0.attn_kv_a_mqa.bias");
        config["first_k_dense_replace"] = metadata.GetInt32($"{Name}.leading_dense_block_count") ?? 0;
        config["num_nextn_predict_layers"] = 0;

        // What llama.cpp takes for granted is not what transformers does.
        Usual("q_lora_rank", null);
        Usual("n_group", 1);
        Usual("topk_group", 1);
        Usual("routed_scaling_factor", 1.0);
        Usual("norm_topk_prob", false);

        void Usual(string key, JsonNode? value)
        {
            if (!config.ContainsKey(key))
            {
                config[key] = value;
            }
        }
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "rope_interleave", fallback: true, value: true);
        Require(config, "attention_bias", fallback: false, value: false);
        Experts.Write(config, Name, metadata);
        int latent = config.GetPositive("kv_lora_rank", 512);
        int rotary = config.GetPositive("qk_rope_head_dim", 64);
        metadata[$"{Name}.attention.head_count_kv"] = 1u;
        metadata[$"{Name}.{KeyLength}"] = checked((uint)(latent + rotary));
        metadata[$"{Name}.{ValueLength}"] = (uint)latent;
        metadata[$"{Name}.{KeyLength}_mla"] = checked((uint)(config.GetPositive("qk_nope_head_dim", 128) + rotary));
        metadata[$"{Name}.{ValueLength}_mla"] = (uint)config.GetPositive("v_head_dim", 128);
        metadata[$"{Name}.leading_dense_block_count"] = (uint)Math.Max(0, config.FindInt32("first_k_dense_replace") ?? 3);
        metadata[$"{Name}.{GateKey}"] = (uint)SigmoidGate;
    }
}
