using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Qwen 1.5, 2 and 2.5: biases on q, k and v, rows in Hugging Face's order, windows in the upper layers where they are used.</summary>
internal sealed class Qwen2Gguf() : GgufArchitecture("qwen2", ["qwen2"], "Qwen2ForCausalLM")
{
    internal override void ReadConfig(GgufFile file, JsonObject config) => QwenWindows.Read(file.Metadata, Name, config);

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => QwenWindows.Write(config, Name, metadata, QwenWindows.IsAbove(config));
}
