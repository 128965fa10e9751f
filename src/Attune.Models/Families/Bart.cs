using Attune.Formats;
using Attune.Models.Seq2Seq;
using Attune.Nn;

namespace Attune.Models.Families;

/// <summary>BART (Lewis et al. 2020): norms behind the parts, learned positions.</summary>
public static class Bart
{
    /// <summary>Makes a model from its configuration and weights.</summary>
    public static Seq2SeqModel Load(ModelConfig config, WeightBuilder weights) =>
        BartModel.Load(config, weights, new BartStyle { NormFirst = false, LearnedPositions = true, EmbeddingNorm = true });
}
