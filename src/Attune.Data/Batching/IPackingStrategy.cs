namespace Attune.Data.Batching;

/// <summary>A way to put rows together into packs.</summary>
public interface IPackingStrategy
{
    /// <summary>The key users write in <c>packing_strategy</c>.</summary>
    string Key { get; }

    /// <summary>Puts every row into exactly one pack.</summary>
    /// <param name="lengths">The rows' lengths in tokens, each from 1 to <paramref name="capacity"/>.</param>
    /// <param name="capacity">The most tokens of a pack.</param>
    /// <returns>The packs in order; each is row numbers in order.</returns>
    int[][] Pack(ReadOnlySpan<int> lengths, int capacity);
}
