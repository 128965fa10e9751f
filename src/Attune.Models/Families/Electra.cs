using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Models.Encoders;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>ELECTRA (Clark et al. 2020): BERT whose embeddings may be narrower than its states, trained to find replaced tokens.</summary>
public static class Electra
{
    /// <summary>Makes the encoder.</summary>
    public static BertEncoder Load(ModelConfig config, WeightBuilder weights) => new(EncoderConfig.Read(config), weights);

    /// <summary>The heads.</summary>
    public static HeadLayout Heads(ModelConfig config)
    {
        Activation summary = config.Has("summary_activation") ? Activations.FromConfig(config, "summary_activation", "gelu") : HeadActivations.Gelu;
        return new HeadLayout
        {
            Sequence = new PoolerLayout(Pooling.First, new TransformLayout("classifier.dense", HeadActivations.Gelu)),
            SequenceOutput = "classifier.out_proj",
            Choice = new PoolerLayout(Pooling.First, new TransformLayout("sequence_summary.summary", summary)),
            MaskedLm = new TransformLayout("generator_predictions.dense", HeadActivations.Gelu, "generator_predictions.LayerNorm") { NormEpsilon = config.GetEpsilon("layer_norm_eps", 1e-12) },
            MaskedLmDecoder = "generator_lm_head",
            MaskedLmBias = "generator_lm_head.bias",
            Replaced = new TransformLayout("discriminator_predictions.dense", Activations.FromConfig(config, "hidden_act", "gelu")),
        };
    }
}
