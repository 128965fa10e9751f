using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Qwen 3: norms on q and k, rows in Hugging Face's order.</summary>
internal sealed class Qwen3Gguf() : GgufArchitecture("qwen3", ["qwen3"], "Qwen3ForCausalLM")
{
    internal override void ReadConfig(GgufFile file, JsonObject config) => config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
}
