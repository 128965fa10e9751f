namespace Attune.Data.Batching;

/// <summary>The packing strategies that Attune knows.</summary>
public static class KnownPackingStrategies
{
    /// <summary>All strategies.</summary>
    public static IReadOnlyList<IPackingStrategy> All { get; } =
    [
        new BestFitDecreasingPacking(),
        new FirstFitDecreasingPacking(),
        new SequentialPacking(),
    ];

    /// <summary>The strategy of a key.</summary>
    /// <exception cref="DataException">There is none.</exception>
    public static IPackingStrategy Of(string key) => All.FirstOrDefault(strategy => strategy.Key == key)
        ?? throw new DataException($"packing_strategy '{key}' is not known; there are {string.Join(", ", All.Select(strategy => strategy.Key))}.");
}
