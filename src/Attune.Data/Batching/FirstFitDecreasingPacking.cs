namespace Attune.Data.Batching;

/// <summary>The longest row first, each into the first pack that has room.</summary>
/// <remarks>Cost: a sort of the rows, then for each row a way down a tree of the packs' rooms.</remarks>
public sealed class FirstFitDecreasingPacking : IPackingStrategy
{
    /// <inheritdoc/>
    public string Key => "ffd";

    /// <inheritdoc/>
    public int[][] Pack(ReadOnlySpan<int> lengths, int capacity)
    {
        int leaves = 1;
        while (leaves < lengths.Length)
        {
            leaves *= 2;
        }

        // The rooms of all packs that there may be stand in the leaves; every node above has the larger room of its two.
        int[] rooms = new int[2 * leaves];
        Array.Fill(rooms, capacity);
        var packs = new List<List<int>>();
        foreach (int row in BestFitDecreasingPacking.LongestFirst(lengths))
        {
            int node = 1;
            while (node < leaves)
            {
                node = rooms[2 * node] >= lengths[row] ? 2 * node : (2 * node) + 1;
            }

            if (node - leaves == packs.Count)
            {
                packs.Add([]);
            }

            packs[node - leaves].Add(row);
            rooms[node] -= lengths[row];
            for (node /= 2; node > 0; node /= 2)
            {
                rooms[node] = Math.Max(rooms[2 * node], rooms[(2 * node) + 1]);
            }
        }

        return [.. packs.Select(pack => pack.ToArray())];
    }
}
