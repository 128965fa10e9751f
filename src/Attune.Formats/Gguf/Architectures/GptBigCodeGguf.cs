using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>StarCoder and SantaCoder: GPT-2 with one key-value head for all queries.</summary>
internal sealed class GptBigCodeGguf() : GgufArchitecture("starcoder", ["gpt_bigcode"], "GPTBigCodeForCausalLM")
{
    internal override GgufSettings Settings { get; } = Gpt2Gguf.Common with { Activations = ["gelu_pytorch_tanh", "gelu_new", "gelu_fast"] };

    internal override GgufRope? Rope => null;

    internal override GgufNames Names { get; } = Gpt2Gguf.Layout(TensorForm.Same);

    internal override void ReadConfig(GgufFile file, JsonObject config) => config["multi_query"] = true;

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "multi_query", fallback: true, value: true);
        Gpt2Gguf.RequireUsualScale(this, config);
        metadata[$"{Name}.attention.head_count_kv"] = 1u;
    }
}
