using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>OLMo 2: norms behind each part instead of before it, and over all heads of queries and of keys.</summary>
internal sealed class Olmo2Gguf() : GgufArchitecture("olmo2", ["olmo2"], "Olmo2ForCausalLM")
{
    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { HasHeadSize = false, UsualEpsilon = 1e-5 };

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(
        new Renamed("post_attention_norm", "post_attention_layernorm"), new Renamed("post_ffw_norm", "post_feedforward_layernorm"));

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        string key = $"{Name}.attention.sliding_window";
        if (file.Metadata.GetInt32(key) is > 0 and int window)
        {
            throw ModelFileException.At(file.Location, $"key '{key}'", $"expected none, since OLMo 3, which has windows, is not known, found {window}");
        }
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => Require(config, "attention_bias", fallback: false, value: false);
}
