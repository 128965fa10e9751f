using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Qwen 3: norms on q and k, rows in Hugging Face's order.</summary>
internal sealed class Qwen3Gguf() : GgufArchitecture("qwen3", ["qwen3"], "Qwen3ForCausalLM")
{
    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { UsualHeadSize = 128 };

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
        QwenWindows.Read(file.Metadata, Name, config);
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => QwenWindows.Write(config, Name, metadata, QwenWindows.IsAbove(config));
}
