using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>Makes models from configurations and tensors.</summary>
public static class CausalLmLoader
{
    /// <summary>Loads a model that predicts the next token.</summary>
    /// <exception cref="ModelFileException">The configuration or a file is damaged, or the family is not known.</exception>
    /// <exception cref="WeightException">Weights are missing, unexpected, mis-shaped or not finite; all of them are named.</exception>
    public static CausalLmModel Load(Device device, ModelConfig config, ITensorSource tensors, WeightOptions options)
    {
        CausalLmFamily family = KnownModels.CausalLmFor(config);
        var weights = new WeightBuilder(device, new TensorSourceReader(tensors), options);
        CausalLmModel model = family.Load(family.Complete(config), weights);
        weights.Finish();
        return model;
    }

    /// <summary>Makes a model with random weights, as a start for training from nothing or to measure speed.</summary>
    /// <exception cref="ModelFileException">The configuration is damaged, or the family is not known.</exception>
    public static CausalLmModel Create(Device device, ModelConfig config, ulong seed, WeightOptions options)
    {
        CausalLmFamily family = KnownModels.CausalLmFor(config);
        return family.Load(family.Complete(config), new WeightBuilder(device, new RandomWeights(config, seed), options));
    }
}
