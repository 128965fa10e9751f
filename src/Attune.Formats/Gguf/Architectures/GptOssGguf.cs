using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>gpt-oss: attention with sinks, windows in every other layer, experts whose gate and up projections Hugging Face holds in turns.</summary>
internal sealed class GptOssGguf() : GgufArchitecture("gpt-oss", ["gpt_oss"], "GptOssForCausalLM")
{
    private const double Alpha = 1.702;

    private const double Limit = 7;

    private static readonly GgufWindows Windows = new(pattern: 2);

    private static readonly GgufExperts Experts = new("num_local_experts", usualUsed: 4);

    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { UsualHeadSize = 64, UsualEpsilon = 1e-5 };

    internal override GgufRope Rope { get; } = new() { Theta = 150_000, Truncate = false };

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(
        new Renamed("post_attention_norm", "post_attention_layernorm"),
        new Exact("attn_sinks.weight", "self_attn.sinks"),
        new Renamed("ffn_gate_inp", "mlp.router"),
        new Alternating(),
        new Exact("ffn_down_exps.weight", "mlp.experts.down_proj", TurnedExperts),
        new Exact("ffn_down_exps.bias", "mlp.experts.down_proj_bias"));

    private static TensorForm TurnedExperts { get; } = new((view, _) => Alternating.Turn(view), (view, _) => Alternating.Turn(view));

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        Experts.Require(file, Name, config);
        config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
        config["swiglu_limit"] = Limit;
        Windows.Read(file.Metadata, Name, config, "num_hidden_layers");
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        foreach ((string key, double value) in new[] { ("swiglu_alpha", Alpha), ("swiglu_limit", Limit) })
        {
            if (config.GetDouble(key, value) != value)
            {
                throw config.Wrong(key, $"{value}, which is what a GGUF file of this architecture means");
            }
        }

        Experts.Write(config, Name, metadata);
        metadata[$"{Name}.expert_feed_forward_length"] = (uint)config.GetPositive("intermediate_size");
        Windows.Write(config, Name, metadata, config.GetCount("num_hidden_layers"), static layer => layer % 2 == 0);
    }
}
