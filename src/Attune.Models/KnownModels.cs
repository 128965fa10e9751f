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
        new("gemma", Gemma.Load),
        new("gemma2", Gemma2.Load),
        new("gemma3_text", Gemma3.Load),
        new("granite", Granite.Load),
        new("llama", Llama.Load),
        new("mistral", Mistral.Load),
        new("olmo", Olmo.Load),
        new("olmo2", Olmo2.Load),
        new("phi3", Phi3.Load),
        new("qwen2", Qwen2.Load),
        new("qwen3", Qwen3.Load),
        new("smollm3", SmolLM3.Load),
        new("starcoder2", StarCoder2.Load),
    ];

    /// <summary>Finds the family of a configuration.</summary>
    /// <exception cref="ModelFileException">The family is not known; the message names the known ones.</exception>
    public static CausalLmFamily CausalLmFor(ModelConfig config) =>
        CausalLm.FirstOrDefault(family => family.ModelType == config.ModelType)
        ?? throw config.Wrong("model_type", $"one of the supported families ({string.Join(", ", CausalLm.Select(family => family.ModelType))})");
}
