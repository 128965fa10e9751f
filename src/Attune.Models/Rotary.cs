using Attune.Formats;
using Attune.Nn;
using Attune.Nn.Rope;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>Makes rotary embeddings as configurations describe them, in the old and the new spelling.</summary>
internal static class Rotary
{
    /// <summary>The embedding for heads of a size.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="device">Where its tables live.</param>
    /// <param name="headSize">Size of a head.</param>
    /// <param name="interleaved">Whether pairs are neighbours.</param>
    /// <param name="theta">The family's base for files that give none.</param>
    /// <param name="partial">The family's share of rotated dimensions for files that give none.</param>
    /// <param name="layerType">Which part of files that give parameters per kind of layer; null for the others.</param>
    /// <exception cref="ModelFileException">The kind of scaling is unknown, or a setting is missing or out of its range.</exception>
    public static RotaryEmbedding FromConfig(
        ModelConfig config, Device device, int headSize, bool interleaved = false, double theta = 10_000, double partial = 1, string? layerType = null)
    {
        ModelConfig rope = config.Rope(theta, layerType);
        var parameters = new RopeParameters
        {
            HeadSize = headSize,
            MaxPositionEmbeddings = config.GetPositive("max_position_embeddings", 2048),
            RopeType = rope.GetString("rope_type"),
            Theta = rope.GetDouble("rope_theta"),
            PartialRotaryFactor = rope.GetDouble("partial_rotary_factor", partial),
            Factor = rope.FindDouble("factor"),
            OriginalMaxPositionEmbeddings = rope.FindPositive("original_max_position_embeddings"),
            LowFreqFactor = rope.GetDouble("low_freq_factor", 1),
            HighFreqFactor = rope.GetDouble("high_freq_factor", 4),
            BetaFast = rope.GetDouble("beta_fast", 32),
            BetaSlow = rope.GetDouble("beta_slow", 1),
            Truncate = rope.GetBoolean("truncate", true),
            Mscale = rope.FindDouble("mscale"),
            MscaleAllDim = rope.FindDouble("mscale_all_dim"),
            AttentionFactor = rope.FindDouble("attention_factor"),
            ShortFactor = rope.FindDoubles("short_factor") ?? [],
            LongFactor = rope.FindDoubles("long_factor") ?? [],
        };
        try
        {
            return parameters.Embedding(device, interleaved);
        }
        catch (RopeException error)
        {
            throw new ModelFileException($"file: {rope.Location}: {error.Message}", error);
        }
    }
}
