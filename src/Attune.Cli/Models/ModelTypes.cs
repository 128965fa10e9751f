using Attune.Formats;
using Attune.Tensors;

namespace Attune.Cli.Models;

/// <summary>Element types under the names that users write.</summary>
internal static class ModelTypes
{
    private static readonly (string Name, string Long, DType? DType, GgufType Gguf)[] All =
    [
        ("f32", "float32", DType.F32, KnownGgufTypes.F32),
        ("f16", "float16", DType.F16, KnownGgufTypes.F16),
        ("bf16", "bfloat16", DType.BF16, KnownGgufTypes.BF16),
        ("q8_0", "q8_0", null, KnownGgufTypes.Q8),
        ("q6_k", "q6_k", null, KnownGgufTypes.Q6K),
        ("q5_0", "q5_0", null, KnownGgufTypes.Q5),
        ("q4_k", "q4_k", null, KnownGgufTypes.Q4K),
        ("q4_0", "q4_0", null, KnownGgufTypes.Q4),
    ];

    /// <summary>The type in which a model is written.</summary>
    /// <param name="name">What the user asked for; null for the model's own type.</param>
    /// <param name="model">The model.</param>
    /// <param name="isGguf">Whether it becomes a GGUF file.</param>
    /// <exception cref="UsageException">There is no such type, or it does not exist there.</exception>
    public static (string Name, DType? DType, GgufType Gguf) Choose(string? name, ModelFile model, bool isGguf)
    {
        name ??= Own(model);
        (string Name, string Long, DType? DType, GgufType Gguf) type = All.FirstOrDefault(type =>
            type.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || type.Long.Equals(name, StringComparison.OrdinalIgnoreCase) || $"fp{type.Name[1..]}" == name);
        return type.Name is null ? throw new UsageException($"dtype: expected one of {string.Join(", ", All.Select(known => known.Name))}, found '{name}'")
            : type.DType is null && !isGguf ? throw new UsageException($"dtype: {type.Name} exists in GGUF files only; safetensors take f32, f16 and bf16")
            : (type.Name, type.DType, type.Gguf);
    }

    /// <summary>By how much (as a fraction) the perplexity of a written model may differ from its source's: what rounding to its type can explain.</summary>
    public static double PerplexityTolerance(string type) => type switch
    {
        "f32" => 1e-4,
        "f16" => 0.01,
        "bf16" or "q8_0" => 0.03,
        "q6_k" => 0.05,
        "q5_0" => 0.15,
        _ => 0.5,
    };

    /// <summary>Number of elements by stored type, the most frequent first.</summary>
    public static IReadOnlyList<KeyValuePair<string, long>> Count(ITensorSource tensors) =>
    [
        .. tensors.Names.Select(tensors.Info).GroupBy(tensor => tensor.StoredAs)
            .Select(group => KeyValuePair.Create(group.Key, group.Sum(tensor => tensor.Shape.Count)))
            .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal),
    ];

    // Weights in a type that cannot be written (blocks of few bits) keep all they have in f32.
    private static string Own(ModelFile model)
    {
        string stored = Count(model.Tensors).Select(pair => pair.Key).FirstOrDefault("F32");
        return All.Any(type => type.Name.Equals(stored, StringComparison.OrdinalIgnoreCase) && type.DType is not null) ? stored : "F32";
    }
}
