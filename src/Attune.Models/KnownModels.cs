using Attune.Formats;
using Attune.Models.Families;
using Attune.Nn;

namespace Attune.Models;

/// <summary>A family of models that predict the next token.</summary>
/// <param name="ModelType">Its <c>model_type</c> in config.json.</param>
/// <param name="Load">Makes a model from its configuration and weights.</param>
public sealed record CausalLmFamily(string ModelType, Func<ModelConfig, WeightBuilder, CausalLmModel> Load);

/// <summary>All model families.</summary>
public static class KnownModels
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<CausalLmFamily> CausalLm { get; } =
    [
        new("llama", LlamaModel.Load),
    ];

    /// <summary>Finds the family of a configuration.</summary>
    /// <exception cref="ModelFileException">The family is not known; the message names the known ones.</exception>
    public static CausalLmFamily CausalLmFor(ModelConfig config) =>
        CausalLm.FirstOrDefault(family => family.ModelType == config.ModelType)
        ?? throw config.Wrong("model_type", $"one of the supported families ({string.Join(", ", CausalLm.Select(family => family.ModelType))})");
}
