using Attune.Formats;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>Makes whatever model a configuration names: one that continues texts, one with encoder and decoder, or a backbone with a head.</summary>
public static class AnyModelLoader
{
    /// <summary>Loads a model.</summary>
    /// <param name="device">The device.</param>
    /// <param name="config">The configuration; its <c>architectures</c> name the head.</param>
    /// <param name="tensors">The weights; those of a head may be missing.</param>
    /// <param name="options">How weights are held.</param>
    /// <exception cref="ModelFileException">The configuration or a file is damaged, the family is not known, or it has no such head.</exception>
    /// <exception cref="WeightException">Weights are missing, unexpected, mis-shaped or not finite; all of them are named.</exception>
    public static LoadedHead Load(Device device, ModelConfig config, ITensorSource tensors, WeightOptions options)
    {
        if (IsSeq2Seq(config))
        {
            return new LoadedHead(Seq2SeqLoader.Load(device, config, tensors, options), []);
        }

        return HeadOf(config) is { } head
            ? HeadLoader.Load(device, config, tensors, head, options)
            : new LoadedHead(CausalLmLoader.Load(device, config, tensors, options), []);
    }

    /// <summary>Whether the model of a configuration writes texts, so that there are settings of how it is to do that.</summary>
    public static bool WritesTexts(ModelConfig config) => IsSeq2Seq(config) || (IsDecoder(config) && HeadOf(config) is null);

    /// <summary>Whether the model of a configuration is a backbone with a head, such as one for classes.</summary>
    public static bool HasHead(ModelConfig config) => HeadOf(config) is { } head && head != KnownHeads.None;

    private static bool IsSeq2Seq(ModelConfig config) => KnownModels.Seq2Seq.Any(family => family.ModelType == config.ModelType);

    private static bool IsDecoder(ModelConfig config) => KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType);

    // Decoders without a head of their own are read as what they are trained as; encoders without one are backbones.
    private static ModelHead? HeadOf(ModelConfig config)
    {
        ModelHead? head = KnownHeads.For(config);
        return IsDecoder(config) ? head == KnownHeads.None ? null : head
            : KnownModels.Encoders.Any(family => family.ModelType == config.ModelType) ? head ?? KnownHeads.None
            : null;
    }
}
