using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Command R and Aya 23: attention and gated layer in parallel from one layer norm without a shift; positions are interleaved on both sides.</summary>
internal sealed class CohereGguf() : GgufArchitecture("command-r", ["cohere"], "CohereForCausalLM")
{
    /// <summary>What all Command models have in common.</summary>
    public static GgufSettings Common { get; } = GgufSettings.Llama with { HasHeadSize = false, Epsilon = ["layer_norm_eps"], UsualEpsilon = 1e-5, LayerNorm = true, Tied = true };

    /// <summary>The factor of the logits.</summary>
    public static GgufKey LogitScale { get; } = GgufKey.Number("logit_scale", "logit_scale", 0.0625);

    internal override GgufSettings Settings => Common;

    internal override IReadOnlyList<GgufKey> Keys { get; } = [LogitScale];

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["use_qk_norm"] = file.Contains("blk.0.attn_q_norm.weight");
        config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
    }
}
