using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Gemma 3 (text): Gemma 2 without the limit of scores, with norms of queries and keys, and positions of their own in the layers with windows.</summary>
internal sealed class Gemma3Gguf() : GgufArchitecture("gemma3", ["gemma3_text"], "Gemma3ForCausalLM")
{
    private const int Period = 6;

    private const int LayersOf27B = 62;

    private const string LocalBase = "rope.freq_base_swa";

    private static readonly GgufWindows Windows = new(Period);

    internal override GgufSettings Settings { get; } = GemmaGguf.Common with { UsualContext = 131_072 };

    internal override GgufNames Names => Gemma2Gguf.TwoSided;

    internal override IReadOnlyList<GgufKey> Keys { get; } = [GgufKey.Number("final_logit_softcapping", "final_logit_softcapping")];

    internal override GgufRope Rope { get; } = new() { Theta = 1_000_000, LayerType = "full_attention" };

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        JsonNode full = config["rope_parameters"]!.DeepClone();
        config["rope_parameters"] = new JsonObject
        {
            ["full_attention"] = full,
            ["sliding_attention"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = file.Metadata.GetDouble($"{Name}.{LocalBase}") ?? 10_000 },
        };
        Windows.Read(file.Metadata, Name, config, "num_hidden_layers");
        Gemma2Gguf.ReadScale(file.Metadata, Name, config, LayersOf27B);
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "use_bidirectional_attention", fallback: false, value: false);
        if (config.Has("attn_logit_softcapping"))
        {
            throw config.Wrong("attn_logit_softcapping", "null, since a GGUF file of this architecture has no limit of scores");
        }

        // Older configurations give the base of layers with windows alone.
        ModelConfig local = config.IsObject("rope_parameters") ? config.Rope(10_000, "sliding_attention") : config;
        metadata[$"{Name}.{LocalBase}"] = (float)local.GetDouble(config.IsObject("rope_parameters") ? "rope_theta" : "rope_local_base_freq", 10_000);
        int period = config.GetPositive(config.Present("sliding_window_pattern", "_sliding_window_pattern"), Period);
        Windows.Write(config, Name, metadata, config.GetCount("num_hidden_layers"), layer => (layer + 1) % period != 0);
        Gemma2Gguf.WriteScale(config, Name, metadata, LayersOf27B);
    }
}
