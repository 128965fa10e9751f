using Attune.Tensors;

namespace Attune.Training.Optimizers;

/// <summary>A kind of optimiser.</summary>
/// <param name="Key">What users write in <c>optim</c>.</param>
/// <param name="Create">Makes an optimiser.</param>
public sealed record OptimizerKind(string Key, Func<Device, IReadOnlyList<ParameterGroup>, OptimizerOptions, Optimizer> Create);

/// <summary>All optimisers, under Hugging Face's names.</summary>
public static class KnownOptimizers
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<OptimizerKind> All { get; } =
    [
        new("adamw_torch", static (device, groups, options) => new AdamW(device, groups, options.AdamBeta1, options.AdamBeta2, options.AdamEpsilon)),
        new("adamw_torch_fused", static (device, groups, options) => new AdamW(device, groups, options.AdamBeta1, options.AdamBeta2, options.AdamEpsilon)),
    ];

    /// <summary>The optimiser of a key.</summary>
    /// <exception cref="TrainingException">There is none.</exception>
    public static OptimizerKind Of(string key) => All.FirstOrDefault(kind => kind.Key == key)
        ?? throw new TrainingException($"optim '{key}' is not known; there are {string.Join(", ", All.Select(kind => kind.Key))}.");
}
