using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;

namespace Attune.Models.Families;

/// <summary>SmolLM3 (Bakouch et al. 2025): Llama with some layers that have no positions.</summary>
internal static class SmolLM3
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config, tied: true), weights);
        RotaryEmbedding rotary = llama.Rotary(theta: 2_000_000);
        bool[] rotated = RotatedLayers(config, llama.Config.Layers);
        bool windowed = config.GetBoolean("use_sliding_window", false) && config.Has("sliding_window");
        int[] windows = SlidingWindows.Read(config, llama.Config.Layers, layer => windowed && !rotated[layer]);
        bool attentionBias = config.GetBoolean("attention_bias", false);
        bool mlpBias = config.GetBoolean("mlp_bias", false);
        return llama.Build((at, layer) =>
        {
            AttentionParts attention = llama.Attention(at.At("self_attn"), layer, attentionBias, attentionBias);
            return llama.PreNormBlock(
                at,
                attention with { Rotary = rotated[layer] ? rotary : null, Options = attention.Options with { Window = windows[layer] } },
                llama.GatedMlp(at.At("mlp"), mlpBias));
        });
    }

    /// <summary><c>no_rope_layers</c> has a 1 where positions are used, in spite of its name.</summary>
    private static bool[] RotatedLayers(ModelConfig config, int layers)
    {
        if (config.FindInt32s("no_rope_layers") is { } flags)
        {
            return flags.Count == layers ? [.. flags.Select(flag => flag != 0)] : throw config.Wrong("no_rope_layers", $"{layers} numbers");
        }

        int interval = config.GetPositive("no_rope_layer_interval", 4);
        return [.. Enumerable.Range(0, layers).Select(layer => (layer + 1) % interval != 0)];
    }
}
