using System.Numerics;

namespace Attune.Text.Models;

/// <summary>The merges of a BPE vocabulary: pair of ids to rank and merged id.</summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int NoRank = int.MaxValue;

    private readonly Entry[] _slots;
    private readonly int _mask;

    /// <summary>Makes a table; a pair given twice keeps its last rank.</summary>
    /// <param name="merges">The merges.</param>
    /// <param name="ranks">Their ranks; empty when they are in order of rank.</param>
    public MergeTable(ReadOnlySpan<(int Left, int Right, int Merged)> merges, ReadOnlySpan<int> ranks = default)
    {
        _mask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(8, 2 * merges.Length)) - 1;
        _slots = new Entry[_mask + 1];
        Array.Fill(_slots, new Entry(0, NoRank, 0));
        for (int i = 0; i < merges.Length; i++)
        {
            (int left, int right, int merged) = merges[i];
            int rank = ranks.IsEmpty ? i : ranks[i];
            ulong key = Key(left, right);
            int slot = (int)ByteHash.Of(key) & _mask;
            while (_slots[slot].Rank != NoRank && _slots[slot].Key != key)
            {
                slot = (slot + 1) & _mask;
            }

            _slots[slot] = new Entry(key, rank, merged);
        }
    }

    /// <summary>The rank of a pair, <see cref="NoRank"/> when it does not merge, and the id it merges to.</summary>
    public int Find(int left, int right, out int merged)
    {
        ulong key = Key(left, right);
        Entry[] slots = _slots;
        for (int slot = (int)ByteHash.Of(key) & _mask; (uint)slot < (uint)slots.Length; slot = (slot + 1) & _mask)
        {
            ref readonly Entry entry = ref slots[slot];
            if (entry.Key == key || entry.Rank == NoRank)
            {
                merged = entry.Merged;
                return entry.Rank;
            }
        }

        merged = 0;
        return NoRank;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private readonly record struct Entry(ulong Key, int Rank, int Merged);
}
