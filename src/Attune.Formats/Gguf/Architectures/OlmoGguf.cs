using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>OLMo: Llama with layer norms that have no weights, and limits of queries, keys and values.</summary>
internal sealed class OlmoGguf() : GgufArchitecture("olmo", ["olmo"], "OlmoForCausalLM")
{
    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { HasHeadSize = false, Epsilon = [], UsualEpsilon = 1e-5, LayerNorm = true };

    internal override GgufNames Names => GgufNames.Interleaved;

    internal override IReadOnlyList<GgufKey> Keys { get; } = [GgufKey.Number("attention.clamp_kqv", "clip_qkv")];

    internal override void ReadConfig(GgufFile file, JsonObject config) => config["attention_bias"] = file.Contains("blk.0.attn_q.bias");

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => Require(config, "attention_bias", fallback: false, value: false);
}
