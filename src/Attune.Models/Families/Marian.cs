using Attune.Formats;
using Attune.Models.Seq2Seq;
using Attune.Nn;

namespace Attune.Models.Families;

/// <summary>Marian (Junczys-Dowmunt et al. 2018; Tiedemann and Thottingal 2020): norms behind the parts, positions of sines and cosines.</summary>
public static class Marian
{
    /// <summary>Makes a model from its configuration and weights.</summary>
    public static Seq2SeqModel Load(ModelConfig config, WeightBuilder weights) =>
        BartModel.Load(config, weights, new BartStyle { NormFirst = false, LearnedPositions = false, EmbeddingNorm = false, StartsFromPadding = true, PaddingId = 58_100 });
}
