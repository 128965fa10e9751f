using Attune.Formats;
using Attune.Models.Seq2Seq;
using Attune.Nn;

namespace Attune.Models.Families;

/// <summary>mBART (Liu et al. 2020): norms before the parts; the decoder starts from the id of the text's language.</summary>
public static class MBart
{
    /// <summary>Makes a model from its configuration and weights.</summary>
    public static Seq2SeqModel Load(ModelConfig config, WeightBuilder weights) =>
        BartModel.Load(config, weights, new BartStyle { NormFirst = true, LearnedPositions = true, EmbeddingNorm = true, StartsFromLast = true });
}
