using Attune.Data.Batching;

namespace Attune.Data.Tokenization;

/// <summary>The rows to train on and the rows held out; both in the order of the data.</summary>
/// <param name="Train">Rows to train on.</param>
/// <param name="HeldOut">Rows that training never sees; empty when none were asked for.</param>
public sealed record HeldOutSplit(IReadOnlyList<TokenRow> Train, IReadOnlyList<TokenRow> HeldOut)
{
    /// <summary>Splits rows by seed.</summary>
    /// <remarks>
    /// Rows with equal token ids stay together on one side, so a row that stands twice in the data cannot leak. Groups are taken in the order of
    /// <see cref="RowOrder.Shuffled"/> as long as they fit the number asked for.
    /// </remarks>
    /// <exception cref="DataException">An option is out of range, or one of the sides would be empty.</exception>
    public static HeldOutSplit Of(IReadOnlyList<TokenRow> rows, SplitOptions options)
    {
        options.Validate();
        if (options.ValSetSize == 0)
        {
            return new HeldOutSplit(rows, []);
        }

        double asked = options.ValSetSize < 1 ? Math.Max(1, Math.Round(options.ValSetSize * rows.Count, MidpointRounding.AwayFromZero)) : options.ValSetSize;
        if (asked >= rows.Count)
        {
            throw new DataException($"val_set_size asks for {asked} held-out rows, but there are only {rows.Count} rows; at least one must be left to train on.");
        }

        List<List<int>> groups = EqualRows(rows);
        bool[] isHeldOut = new bool[rows.Count];
        int left = (int)asked;
        foreach (int group in RowOrder.Shuffled(groups.Count, (ulong)options.SplitSeed))
        {
            if (groups[group].Count <= left)
            {
                left -= groups[group].Count;
                groups[group].ForEach(row => isHeldOut[row] = true);
            }
        }

        if (left == (int)asked)
        {
            throw new DataException($"val_set_size asks for {asked} held-out rows, but every row stands more often than that in the data, and equal rows must stay together.");
        }

        return new HeldOutSplit(
            [.. rows.Where((_, row) => !isHeldOut[row])],
            [.. rows.Where((_, row) => isHeldOut[row])]);
    }

    /// <summary>Row numbers of equal ids together, in the order of each group's first row.</summary>
    private static List<List<int>> EqualRows(IReadOnlyList<TokenRow> rows)
    {
        var groups = new List<List<int>>();
        var byIds = new Dictionary<int[], List<int>>(new SameIds());
        for (int row = 0; row < rows.Count; row++)
        {
            if (!byIds.TryGetValue(rows[row].InputIds, out List<int>? group))
            {
                byIds.Add(rows[row].InputIds, group = []);
                groups.Add(group);
            }

            group.Add(row);
        }

        return groups;
    }

    private sealed class SameIds : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] ids)
        {
            var hash = default(HashCode);
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(ids.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
