using System.Numerics;

namespace Attune.Data.Batching;

/// <summary>The longest row first, each into the fullest pack that still has room; among equally full packs into the one that became so first.</summary>
/// <remarks>The packs and their order equal those of TRL's <c>bfd</c>. Cost: a sort of the rows, then for each row a search over a bitmap of <c>capacity</c> bits.</remarks>
public sealed class BestFitDecreasingPacking : IPackingStrategy
{
    /// <inheritdoc/>
    public string Key => "bfd";

    /// <inheritdoc/>
    public int[][] Pack(ReadOnlySpan<int> lengths, int capacity)
    {
        int[] order = LongestFirst(lengths);
        var packs = new List<List<int>>();
        var withRoom = new Dictionary<int, Queue<List<int>>>();
        ulong[] rooms = new ulong[(capacity / 64) + 1];
        foreach (int row in order)
        {
            int length = lengths[row];
            int room = SmallestRoom(rooms, length);
            List<int> pack;
            if (room < 0)
            {
                packs.Add(pack = []);
                room = capacity;
            }
            else
            {
                Queue<List<int>> queue = withRoom[room];
                pack = queue.Dequeue();
                if (queue.Count == 0)
                {
                    rooms[room / 64] &= ~(1UL << (room % 64));
                }
            }

            pack.Add(row);
            room -= length;
            if (room > 0)
            {
                if (!withRoom.TryGetValue(room, out Queue<List<int>>? queue))
                {
                    withRoom.Add(room, queue = new Queue<List<int>>());
                }

                queue.Enqueue(pack);
                rooms[room / 64] |= 1UL << (room % 64);
            }
        }

        return [.. packs.Select(pack => pack.ToArray())];
    }

    /// <summary>The rows by falling length, equal ones in their order.</summary>
    internal static int[] LongestFirst(ReadOnlySpan<int> lengths)
    {
        long[] keys = new long[lengths.Length];
        int[] order = new int[lengths.Length];
        for (int i = 0; i < order.Length; i++)
        {
            // The row number in the low half keeps rows of one length in file order.
            keys[i] = ((long)-lengths[i] << 32) | (uint)i;
            order[i] = i;
        }

        Array.Sort(keys, order);
        return order;
    }

    /// <summary>The smallest room of at least <paramref name="length"/> that some pack has; -1 when none has it.</summary>
    private static int SmallestRoom(ulong[] rooms, int length)
    {
        int word = length / 64;
        ulong bits = rooms[word] & (ulong.MaxValue << (length % 64));
        while (bits == 0)
        {
            if (++word == rooms.Length)
            {
                return -1;
            }

            bits = rooms[word];
        }

        return (word * 64) + BitOperations.TrailingZeroCount(bits);
    }
}
