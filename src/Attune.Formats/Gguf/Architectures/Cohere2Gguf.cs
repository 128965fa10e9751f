using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Command R7B and A: Command R with layers that see the last tokens, which alone have positions.</summary>
internal sealed class Cohere2Gguf() : GgufArchitecture("cohere2", ["cohere2"], "Cohere2ForCausalLM")
{
    private const int Period = 4;

    private static readonly GgufWindows Windows = new(Period);

    internal override GgufSettings Settings { get; } = CohereGguf.Common with { HasHeadSize = true };

    internal override IReadOnlyList<GgufKey> Keys { get; } = [CohereGguf.LogitScale];

    internal override void ReadConfig(GgufFile file, JsonObject config) => Windows.Read(file.Metadata, Name, config, "num_hidden_layers");

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "attention_bias", fallback: false, value: false);
        int period = config.GetPositive(config.Present("sliding_window_pattern", "_sliding_window_pattern"), Period);
        Windows.Write(config, Name, metadata, config.GetCount("num_hidden_layers"), layer => (layer + 1) % period != 0);
    }
}
