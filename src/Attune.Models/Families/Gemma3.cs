using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;

namespace Attune.Models.Families;

/// <summary>Gemma 3 (Gemma Team 2025), text only: Gemma 2 with norms of queries and keys, and positions of their own in the layers with windows.</summary>
internal static class Gemma3
{
    private const double UsualTheta = 1_000_000;

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        if (config.GetBoolean("use_bidirectional_attention", false))
        {
            throw config.Wrong("use_bidirectional_attention", "false: a model that sees later tokens does not predict the next one");
        }

        LlamaStyle llama = Gemma.Style(config, weights);
        DecoderConfig c = llama.Config;
        (RotaryEmbedding full, RotaryEmbedding sliding) = Rotaries(config, weights, c.HeadSize);
        int period = config.GetPositive(config.Present("sliding_window_pattern", "_sliding_window_pattern"), 6);
        int[] windows = SlidingWindows.Read(config, c.Layers, layer => (layer + 1) % period != 0);
        return llama.Build(
            (at, layer) => Gemma2.Block(llama, at, Gemma2.Attention(config, llama, at.At("self_attn"), layer, windows[layer]) with
            {
                Rotary = windows[layer] > 0 ? sliding : full,
                QueryNorm = at.At("self_attn").RmsNorm("q_norm", c.HeadSize, c.NormEpsilon, offset: 1),
                KeyNorm = at.At("self_attn").RmsNorm("k_norm", c.HeadSize, c.NormEpsilon, offset: 1),
            }),
            parts => Gemma2.Refine(config, parts));
    }

    /// <summary>The positions of layers without and with windows; older files give the second ones a base only.</summary>
    private static (RotaryEmbedding Full, RotaryEmbedding Sliding) Rotaries(ModelConfig config, WeightBuilder weights, int headSize)
    {
        ModelConfig local = config.IsObject("rope_parameters")
            ? config
            : config.With("rope_scaling", null).With("rope_theta", config.GetDouble("rope_local_base_freq", 10_000));
        return (
            Rotary.FromConfig(config, weights.Device, headSize, theta: UsualTheta, layerType: "full_attention"),
            Rotary.FromConfig(local, weights.Device, headSize, layerType: SlidingWindows.Sliding));
    }
}
