namespace Attune.Data.Batching;

/// <summary>Reproducible orders: Fisher-Yates with the generator splitmix64, integers only, so that any language can make the same.</summary>
/// <remarks>
/// Source: D. Knuth, The Art of Computer Programming 2, algorithm P.
/// For i = n-1 down to 1 the item i changes places with item (next number mod (i + 1)).
/// </remarks>
public static class RowOrder
{
    /// <summary>The numbers 0 to <paramref name="count"/> - 1 in the order of a seed.</summary>
    public static int[] Shuffled(int count, ulong seed)
    {
        int[] order = new int[count];
        Shuffle(order, seed);
        return order;
    }

    /// <summary>The order of an epoch: <see cref="Shuffled"/> with 1000 times the seed plus the epoch.</summary>
    public static int[] OfEpoch(int count, int seed, long epoch) => Shuffled(count, SeedOf(seed, epoch));

    internal static ulong SeedOf(int seed, long epoch) => unchecked((1000UL * (ulong)seed) + (ulong)epoch);

    internal static void InOrder(Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }
    }

    internal static void Shuffle(Span<int> order, ulong seed)
    {
        InOrder(order);
        var random = new SplitMix64(seed);
        for (int i = order.Length - 1; i > 0; i--)
        {
            int j = random.Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}
