using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>A model that was loaded, and what its files did not have.</summary>
/// <param name="Model">The model.</param>
/// <param name="FreshWeights">Names of the weights that start from random numbers: those of a head that the files lack.</param>
public sealed record LoadedHead(Network Model, IReadOnlyList<string> FreshWeights);

/// <summary>Makes models with a head from the files of any model of their family.</summary>
public static class HeadLoader
{
    /// <summary>Loads a model with a head.</summary>
    /// <param name="device">The device.</param>
    /// <param name="config">The configuration, with the labels that the head is to have.</param>
    /// <param name="tensors">The weights; those of a head may be missing.</param>
    /// <param name="head">The head.</param>
    /// <param name="options">How weights are held.</param>
    /// <param name="seed">For the weights that the files lack; each depends on the seed and its name only.</param>
    /// <exception cref="ModelFileException">The configuration or a file is damaged, the family is not known, or it has no such head.</exception>
    /// <exception cref="WeightException">Weights of the backbone are missing or unexpected, or any is mis-shaped or not finite; all of them are named.</exception>
    public static LoadedHead Load(Device device, ModelConfig config, ITensorSource tensors, ModelHead head, WeightOptions options, ulong seed = 0)
    {
        BackboneFamily family = KnownModels.BackboneFor(config);
        config = family.Complete(config);
        bool hasPrefix = head.Architecture != KnownHeads.None.Architecture;
        var reader = new HeadWeights(config, tensors, family.Prefix, hasPrefix, seed);
        var weights = new WeightBuilder(device, reader, options);
        WeightBuilder place = hasPrefix && family.Prefix.Length > 0 ? weights.At(family.Prefix) : weights;
        Backbone backbone = family.Load(config, place);
        weights.RequireSound();
        reader.MakesMissing = hasPrefix;
        Network model = head.Load(new HeadParts(config, weights, backbone, place, family.Heads(config)));
        weights.Finish();
        return new LoadedHead(model, reader.Fresh);
    }
}
