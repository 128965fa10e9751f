using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;

namespace Attune.Models.Families;

/// <summary>Qwen2 (Yang et al. 2024): Llama with biases of queries, keys and values and windows in the upper layers.</summary>
internal static class Qwen2
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config), weights);
        RotaryEmbedding rotary = llama.Rotary();
        int[] windows = Windows(config, llama.Config.Layers);
        return llama.Build((at, layer) =>
        {
            AttentionParts attention = llama.Attention(at.At("self_attn"), layer, bias: true);
            return llama.PreNormBlock(
                at, attention with { Rotary = rotary, Options = attention.Options with { Window = windows[layer] } }, llama.GatedMlp(at.At("mlp")));
        });
    }

    /// <summary>The windows of Qwen models: from <c>max_window_layers</c> on, where windows are used at all.</summary>
    public static int[] Windows(ModelConfig config, int layers)
    {
        bool used = UsesWindows(config);
        int first = MaxWindowLayers(config);
        return SlidingWindows.Read(config, layers, layer => used && layer >= first);
    }

    /// <summary>Whether windows are used at all.</summary>
    public static bool UsesWindows(ModelConfig config) => config.GetBoolean("use_sliding_window", false) && !config.IsNull("sliding_window");

    /// <summary>The layer at which windows begin, or end.</summary>
    public static int MaxWindowLayers(ModelConfig config) => config.FindInt32("max_window_layers") ?? 28;
}
