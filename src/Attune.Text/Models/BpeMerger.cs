using Attune.Text.Pipeline;

namespace Attune.Text.Models;

/// <summary>Merges the symbols of one piece: always the pair of the lowest rank, the leftmost of equal ones.</summary>
/// <remarks>
/// Short pieces are scanned for the lowest rank after every merge. Long ones keep their pairs in a heap, so that a piece of n symbols costs
/// n log n whatever it holds.
/// </remarks>
internal sealed class BpeMerger(MergeTable merges)
{
    private const int LongPiece = 40;

    private Symbol[] _symbols = new Symbol[64];
    private ulong[] _heap = [];
    private int _count;
    private int _heapCount;

    /// <summary>Pairs looked up so far, for tests of the cost.</summary>
    public long Lookups { get; private set; }

    /// <summary>Starts a piece.</summary>
    public void Clear() => _count = 0;

    /// <summary>Adds a symbol that covers a number of bytes.</summary>
    public void Add(int id, int length)
    {
        if (_count == _symbols.Length)
        {
            Array.Resize(ref _symbols, _count * 2);
        }

        _symbols[_count++] = new Symbol { Id = id, Length = length };
    }

    /// <summary>Merges what can be merged and adds the tokens.</summary>
    public void Merge(int offset, TokenList tokens)
    {
        if (_count >= LongPiece)
        {
            MergeLong(offset, tokens);
            return;
        }

        MergeShort();
        int start = offset;
        foreach (ref readonly Symbol symbol in _symbols.AsSpan(0, _count))
        {
            tokens.Add(symbol.Id, start, start + symbol.Length);
            start += symbol.Length;
        }
    }

    private void MergeShort()
    {
        Span<Symbol> symbols = _symbols.AsSpan(0, _count);
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            Rank(ref symbols[i], symbols[i + 1].Id);
        }

        while (symbols.Length > 1)
        {
            int best = 0;
            int lowest = MergeTable.NoRank;
            for (int i = 0; i + 1 < symbols.Length; i++)
            {
                if (symbols[i].Rank < lowest)
                {
                    lowest = symbols[i].Rank;
                    best = i;
                }
            }

            if (lowest == MergeTable.NoRank)
            {
                break;
            }

            symbols[best].Id = symbols[best].Merged;
            symbols[best].Length += symbols[best + 1].Length;
            symbols[(best + 2)..].CopyTo(symbols[(best + 1)..]);
            symbols = symbols[..^1];
            if (best + 1 < symbols.Length)
            {
                Rank(ref symbols[best], symbols[best + 1].Id);
            }

            if (best > 0)
            {
                Rank(ref symbols[best - 1], symbols[best].Id);
            }
        }

        _count = symbols.Length;
    }

    private void MergeLong(int offset, TokenList tokens)
    {
        Symbol[] symbols = _symbols;
        _heapCount = 0;
        for (int i = 0; i < _count; i++)
        {
            symbols[i].Previous = i - 1;
            symbols[i].Next = i + 1 < _count ? i + 1 : -1;
            RankLong(i);
        }

        while (_heapCount > 0)
        {
            ulong top = Pop();
            int left = (int)(uint)top;
            int rank = (int)(top >> 32);

            // A pair that has changed since it was queued no longer has this rank; the changed pair is queued on its own.
            if (symbols[left].Length == 0 || symbols[left].Rank != rank)
            {
                continue;
            }

            int right = symbols[left].Next;
            symbols[left].Id = symbols[left].Merged;
            symbols[left].Length += symbols[right].Length;
            symbols[left].Next = symbols[right].Next;
            symbols[right].Length = 0;
            if (symbols[left].Next >= 0)
            {
                symbols[symbols[left].Next].Previous = left;
            }

            RankLong(left);
            if (symbols[left].Previous >= 0)
            {
                RankLong(symbols[left].Previous);
            }
        }

        int start = offset;
        for (int i = 0; i >= 0; i = symbols[i].Next)
        {
            tokens.Add(symbols[i].Id, start, start + symbols[i].Length);
            start += symbols[i].Length;
        }
    }

    private void Rank(ref Symbol left, int right)
    {
        Lookups++;
        left.Rank = merges.Find(left.Id, right, out left.Merged);
    }

    private void RankLong(int left)
    {
        ref Symbol symbol = ref _symbols[left];
        symbol.Rank = MergeTable.NoRank;
        if (symbol.Next >= 0)
        {
            Rank(ref symbol, _symbols[symbol.Next].Id);
            if (symbol.Rank != MergeTable.NoRank)
            {
                Push(((ulong)symbol.Rank << 32) | (uint)left);
            }
        }
    }

    private void Push(ulong value)
    {
        if (_heapCount == _heap.Length)
        {
            Array.Resize(ref _heap, Math.Max(256, _heapCount * 2));
        }

        ulong[] heap = _heap;
        int i = _heapCount++;
        while (i > 0 && heap[(i - 1) >> 2] > value)
        {
            heap[i] = heap[(i - 1) >> 2];
            i = (i - 1) >> 2;
        }

        heap[i] = value;
    }

    private ulong Pop()
    {
        ulong[] heap = _heap;
        ulong top = heap[0];
        ulong last = heap[--_heapCount];
        int i = 0;
        while (true)
        {
            int child = (i << 2) + 1;
            if (child >= _heapCount)
            {
                break;
            }

            int least = child;
            int end = Math.Min(child + 4, _heapCount);
            for (int j = child + 1; j < end; j++)
            {
                least = heap[j] < heap[least] ? j : least;
            }

            if (heap[least] >= last)
            {
                break;
            }

            heap[i] = heap[least];
            i = least;
        }

        heap[i] = last;
        return top;
    }

    private struct Symbol
    {
        public int Id;
        public int Length;
        public int Rank;
        public int Merged;
        public int Previous;
        public int Next;
    }
}
