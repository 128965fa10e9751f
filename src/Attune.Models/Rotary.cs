using Attune.Formats;
using Attune.Nn;
using Attune.Nn.Rope;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>Makes rotary embeddings as configurations describe them, in the old and the new spelling.</summary>
internal static class Rotary
{
    /// <summary>The embedding for heads of a size.</summary>
    /// <exception cref="ModelFileException">The kind of scaling is unknown, or a setting is missing or out of its range.</exception>
    public static RotaryEmbedding FromConfig(ModelConfig config, Device device, int headSize)
    {
        ModelConfig rope = config.Rope();
        var parameters = new RopeParameters
        {
            HeadSize = headSize,
            MaxPositionEmbeddings = config.GetPositive("max_position_embeddings", 2048),
            RopeType = rope.GetString("rope_type"),
            Theta = rope.GetDouble("rope_theta"),
            PartialRotaryFactor = rope.GetDouble("partial_rotary_factor", 1),
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
            return parameters.Embedding(device);
        }
        catch (RopeException error)
        {
            throw new ModelFileException($"file: {rope.Location}: {error.Message}", error);
        }
    }
}
