using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;

namespace Attune.Models.Families;

/// <summary>Command R7B and A (Cohere 2024): Command R with layers that see the last tokens and have positions, and layers that see all and have none.</summary>
internal static class Cohere2
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        LlamaStyle llama = Cohere.Style(config, weights);
        RotaryEmbedding rotary = llama.Rotary(interleaved: true);
        bool bias = config.GetBoolean("attention_bias", false);
        int period = config.GetPositive(config.Present("sliding_window_pattern", "_sliding_window_pattern"), 4);
        int[] windows = SlidingWindows.Read(config, llama.Config.Layers, layer => (layer + 1) % period != 0);
        return llama.Build(
            (at, layer) =>
            {
                AttentionParts attention = llama.Attention(at.At("self_attn"), layer, bias, bias);
                return Cohere.Block(llama, at, attention with
                {
                    Rotary = windows[layer] > 0 ? rotary : null,
                    Options = attention.Options with { Window = windows[layer] },
                });
            },
            parts => parts with { LogitTransform = Cohere.Logits(config) });
    }
}
