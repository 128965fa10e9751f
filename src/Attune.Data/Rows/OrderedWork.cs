using System.Runtime.ExceptionServices;

namespace Attune.Data.Rows;

/// <summary>Work on many items on all cores, with results in the order of the items.</summary>
internal static class OrderedWork
{
    /// <summary>So many items are worked on at once; no result depends on it.</summary>
    private const int ItemsAtOnce = 256;

    /// <summary>Hands out each item with what the work makes of it; what the work throws comes out as it is, that of the first item that throws.</summary>
    public static IEnumerable<(TItem Item, TResult Result)> Run<TItem, TResult>(IEnumerable<TItem> items, Func<TItem, TResult> work, CancellationToken cancellation)
    {
        foreach (TItem[] chunk in items.Chunk(ItemsAtOnce))
        {
            var results = new TResult[chunk.Length];
            var failures = new ExceptionDispatchInfo?[chunk.Length];
            Parallel.For(0, chunk.Length, new ParallelOptions { CancellationToken = cancellation }, i =>
            {
                try
                {
                    results[i] = work(chunk[i]);
                }
#pragma warning disable CA1031 // Whatever it is belongs to the caller, without the wrapper that parallel loops put around it.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    failures[i] = ExceptionDispatchInfo.Capture(exception);
                }
            });
            for (int i = 0; i < chunk.Length; i++)
            {
                failures[i]?.Throw();
                yield return (chunk[i], results[i]);
            }
        }
    }
}
