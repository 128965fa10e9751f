namespace Attune.Data.Batching;

/// <summary>Rows in file order; a row that does not fit begins the next pack.</summary>
public sealed class SequentialPacking : IPackingStrategy
{
    /// <inheritdoc/>
    public string Key => "sequential";

    /// <inheritdoc/>
    public int[][] Pack(ReadOnlySpan<int> lengths, int capacity)
    {
        var packs = new List<int[]>();
        int first = 0;
        int used = 0;
        for (int row = 0; row < lengths.Length; row++)
        {
            if (used + lengths[row] > capacity)
            {
                packs.Add([.. Enumerable.Range(first, row - first)]);
                (first, used) = (row, 0);
            }

            used += lengths[row];
        }

        if (first < lengths.Length)
        {
            packs.Add([.. Enumerable.Range(first, lengths.Length - first)]);
        }

        return [.. packs];
    }
}
