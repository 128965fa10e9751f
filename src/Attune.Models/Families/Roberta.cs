using Attune.Formats;
using Attune.Models.Encoders;
using Attune.Models.Heads;
using Attune.Nn;

namespace Attune.Models.Families;

/// <summary>RoBERTa (Liu et al. 2019) and XLM-RoBERTa (Conneau et al. 2020): BERT whose positions start behind the padding id.</summary>
public static class Roberta
{
    /// <summary>The padding id of files that name none.</summary>
    private const int UsualPaddingId = 1;

    /// <summary>Makes the encoder.</summary>
    public static BertEncoder Load(ModelConfig config, WeightBuilder weights) => new(Settings(config), weights);

    /// <summary>The heads.</summary>
    public static HeadLayout Heads(ModelConfig config)
    {
        var pooler = new PoolerLayout(Pooling.First, new TransformLayout("pooler.dense", HeadActivations.Tanh), InBackbone: true);
        return new HeadLayout
        {
            Base = pooler,
            Sequence = new PoolerLayout(Pooling.First, new TransformLayout("classifier.dense", HeadActivations.Tanh)),
            SequenceOutput = "classifier.out_proj",
            Choice = pooler,
            MaskedLm = new TransformLayout("lm_head.dense", HeadActivations.Gelu, "lm_head.layer_norm") { NormEpsilon = config.GetEpsilon("layer_norm_eps", 1e-12) },
            MaskedLmDecoder = "lm_head.decoder",
            MaskedLmBias = "lm_head.bias",
        };
    }

    /// <summary>Sizes, with positions behind the padding id.</summary>
    internal static EncoderConfig Settings(ModelConfig config)
    {
        int padding = config.FindInt32("pad_token_id") ?? UsualPaddingId;
        EncoderConfig settings = EncoderConfig.Read(config);
        if (padding < 0 || padding >= settings.MaxPositions - 1)
        {
            throw config.Wrong("pad_token_id", $"an id from 0 to {settings.MaxPositions - 2}, behind which positions start");
        }

        return settings with { EmbeddingSize = settings.HiddenSize, PaddingId = padding, FirstPosition = padding + 1 };
    }
}
