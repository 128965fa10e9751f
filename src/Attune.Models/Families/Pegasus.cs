using Attune.Formats;
using Attune.Models.Seq2Seq;
using Attune.Nn;

namespace Attune.Models.Families;

/// <summary>PEGASUS (Zhang et al. 2020): norms before the parts, positions of sines and cosines.</summary>
public static class Pegasus
{
    /// <summary>Makes a model from its configuration and weights.</summary>
    public static Seq2SeqModel Load(ModelConfig config, WeightBuilder weights) =>
        BartModel.Load(config, weights, new BartStyle { NormFirst = true, LearnedPositions = false, EmbeddingNorm = false, StartsFromPadding = true, PaddingId = 0 });
}
