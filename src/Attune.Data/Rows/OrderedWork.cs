namespace Attune.Data.Rows;

/// <summary>Work on many items on all cores, with results in the order of the items.</summary>
internal static class OrderedWork
{
    /// <summary>So many items are worked on at once; no result depends on it.</summary>
    private const int ItemsAtOnce = 256;

    /// <summary>Hands out each item with what the work makes of it.</summary>
    public static IEnumerable<(TItem Item, TResult Result)> Run<TItem, TResult>(IEnumerable<TItem> items, Func<TItem, TResult> work, CancellationToken cancellation)
    {
        foreach (TItem[] chunk in items.Chunk(ItemsAtOnce))
        {
            var results = new TResult[chunk.Length];
            Parallel.For(0, chunk.Length, new ParallelOptions { CancellationToken = cancellation }, i => results[i] = work(chunk[i]));
            for (int i = 0; i < chunk.Length; i++)
            {
                yield return (chunk[i], results[i]);
            }
        }
    }
}
