using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Seq2Seq;

/// <summary>Makes models that read a text and write another one.</summary>
public static class Seq2SeqLoader
{
    /// <summary>Loads a model.</summary>
    /// <exception cref="ModelFileException">The configuration or a file is damaged, or the family is not known.</exception>
    /// <exception cref="WeightException">Weights are missing, unexpected, mis-shaped or not finite; all of them are named.</exception>
    public static Seq2SeqModel Load(Device device, ModelConfig config, ITensorSource tensors, WeightOptions options)
    {
        Seq2SeqFamily family = KnownModels.Seq2SeqFor(config);
        var weights = new WeightBuilder(device, new TensorSourceReader(tensors), options);
        Seq2SeqModel model = family.Load(config, weights);
        weights.Finish();
        return model;
    }
}
