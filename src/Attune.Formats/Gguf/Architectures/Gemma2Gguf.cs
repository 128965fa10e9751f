using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Gemma 2: norms on both sides of each part, windows in every other layer, limits of scores and logits.</summary>
internal sealed class Gemma2Gguf() : GgufArchitecture("gemma2", ["gemma2"], "Gemma2ForCausalLM")
{
    private const string ScaleKey = "attention.scale";

    private const int LayersOf27B = 46;

    private static readonly GgufWindows Windows = new(pattern: 2, usualWindow: 4096);

    /// <summary>The names of Gemma 2 and 3.</summary>
    public static GgufNames TwoSided { get; } = GemmaGguf.Plus(
        GgufNames.LlamaLike,
        new Renamed("attn_norm", "input_layernorm", TensorForm.PlusOne),
        new Renamed("post_attention_norm", "post_attention_layernorm", TensorForm.PlusOne),
        new Renamed("ffn_norm", "pre_feedforward_layernorm", TensorForm.PlusOne),
        new Renamed("post_ffw_norm", "post_feedforward_layernorm", TensorForm.PlusOne),
        new Renamed("attn_q_norm", "self_attn.q_norm", TensorForm.PlusOne),
        new Renamed("attn_k_norm", "self_attn.k_norm", TensorForm.PlusOne));

    internal override GgufSettings Settings => GemmaGguf.Common;

    internal override GgufNames Names => TwoSided;

    /// <summary>Reads the scale of scores: files say it where it is not what the sizes imply.</summary>
    public static void ReadScale(GgufMetadata metadata, string architecture, JsonObject config, int largestLayers)
    {
        // The reference has an integer whose root is divided by.
        config["query_pre_attn_scalar"] = metadata.GetDouble($"{architecture}.{ScaleKey}") is double scale and > 0
            ? Math.Round(1 / (scale * scale), 3)
            : Implied(new ModelConfig(config, metadata.Location), largestLayers);
    }

    /// <summary>Writes the scale of scores where the sizes do not imply it.</summary>
    public static void WriteScale(ModelConfig config, string architecture, GgufMetadata metadata, int largestLayers)
    {
        double scalar = config.GetDouble("query_pre_attn_scalar", 256);
        if (scalar != Implied(config, largestLayers))
        {
            metadata[$"{architecture}.{ScaleKey}"] = (float)(1 / Math.Sqrt(scalar));
        }
    }

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["attn_logit_softcapping"] = file.Metadata.GetDouble($"{Name}.attn_logit_softcapping") ?? 50;
        config["final_logit_softcapping"] = file.Metadata.GetDouble($"{Name}.final_logit_softcapping") ?? 30;
        Windows.Read(file.Metadata, Name, config, "num_hidden_layers");
        ReadScale(file.Metadata, Name, config, LayersOf27B);
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        foreach ((string key, double usual) in new[] { ("attn_logit_softcapping", 50.0), ("final_logit_softcapping", 30.0) })
        {
            metadata[$"{Name}.{key}"] = (float)(config.IsNull(key) ? throw config.Wrong(key, "a limit, which a GGUF file of this architecture always has") : config.GetDouble(key, usual));
        }

        Windows.Write(config, Name, metadata, config.GetCount("num_hidden_layers"), static layer => layer % 2 == 0, window: 4096);
        WriteScale(config, Name, metadata, LayersOf27B);
    }

    // llama.cpp knows the largest model of the family by its number of layers.
    private static double Implied(ModelConfig config, int largestLayers)
    {
        (int hidden, int heads, int headSize) = GemmaGguf.Common.Sizes(config);
        return config.GetPositive("num_hidden_layers") == largestLayers ? hidden / heads : headSize;
    }
}
