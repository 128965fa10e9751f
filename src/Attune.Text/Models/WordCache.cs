using Attune.Text.Pipeline;

namespace Attune.Text.Models;

/// <summary>Remembers the tokens of short pieces; bounded, and emptied when full.</summary>
internal sealed class WordCache
{
    private const int MaxWordBytes = 64;
    private const int MaxProbes = 8;
    private const int MaxSlots = 1 << 16;
    private const int MaxKeyBytes = 1 << 20;

    private Entry[] _slots = new Entry[1 << 10];
    private byte[] _keys = new byte[1 << 13];
    private int[] _tokens = new int[1 << 12];
    private int _count;
    private int _keyBytes;
    private int _tokenInts;

    /// <summary>Adds the tokens of a remembered piece; false when it is not remembered.</summary>
    public bool TryAdd(ReadOnlySpan<byte> piece, ulong hash, int offset, TokenList tokens)
    {
        Entry[] slots = _slots;
        int mask = slots.Length - 1;
        for (int probe = 0; probe < MaxProbes; probe++)
        {
            ref readonly Entry entry = ref slots[((int)hash + probe) & mask];
            if (entry.TokenCount == 0)
            {
                return false;
            }

            if (entry.Hash == hash && _keys.AsSpan(entry.Key, entry.KeyLength).SequenceEqual(piece))
            {
                int start = offset;
                ReadOnlySpan<int> remembered = _tokens.AsSpan(entry.Tokens, 2 * entry.TokenCount);
                for (int i = 0; i < remembered.Length; i += 2)
                {
                    int end = offset + remembered[i + 1];
                    tokens.Add(remembered[i], start, end);
                    start = end;
                }

                return true;
            }
        }

        return false;
    }

    /// <summary>Remembers the tokens of a piece: those of the list from an index on.</summary>
    public void Remember(ReadOnlySpan<byte> piece, ulong hash, int offset, TokenList tokens, int from)
    {
        int count = tokens.Count - from;
        if (piece.Length > MaxWordBytes || count == 0 || !AreAdjacent(tokens, from))
        {
            return;
        }

        MakeRoom(piece.Length, 2 * count);
        int slot = FreeSlot(hash);
        _slots[slot] = new Entry(hash, _keyBytes, piece.Length, _tokenInts, count);
        piece.CopyTo(_keys.AsSpan(_keyBytes));
        _keyBytes += piece.Length;
        for (int i = from; i < tokens.Count; i++)
        {
            _tokens[_tokenInts++] = tokens.Ids[i];
            _tokens[_tokenInts++] = tokens.Ends[i] - offset;
        }

        _count++;
    }

    /// <summary>Whether every token starts where the one before it ends; only ends are remembered.</summary>
    private static bool AreAdjacent(TokenList tokens, int from)
    {
        for (int i = from + 1; i < tokens.Count; i++)
        {
            if (tokens.Starts[i] != tokens.Ends[i - 1])
            {
                return false;
            }
        }

        return true;
    }

    private int FreeSlot(ulong hash)
    {
        int mask = _slots.Length - 1;
        for (int probe = 0; probe < MaxProbes; probe++)
        {
            int slot = ((int)hash + probe) & mask;
            if (_slots[slot].TokenCount == 0)
            {
                return slot;
            }
        }

        return (int)hash & mask;
    }

    private void MakeRoom(int keyBytes, int tokenInts)
    {
        if (_keyBytes + keyBytes > MaxKeyBytes || _count >= MaxSlots / 2)
        {
            Array.Clear(_slots);
            _count = _keyBytes = _tokenInts = 0;
        }

        if (_keyBytes + keyBytes > _keys.Length)
        {
            Array.Resize(ref _keys, _keys.Length * 2);
        }

        if (_tokenInts + tokenInts > _tokens.Length)
        {
            Array.Resize(ref _tokens, Math.Max(_tokens.Length * 2, _tokenInts + tokenInts));
        }

        if (_count >= _slots.Length / 2)
        {
            Grow();
        }
    }

    private void Grow()
    {
        Entry[] old = _slots;
        _slots = new Entry[old.Length * 2];
        foreach (Entry entry in old)
        {
            if (entry.TokenCount > 0)
            {
                _slots[FreeSlot(entry.Hash)] = entry;
            }
        }
    }

    private readonly record struct Entry(ulong Hash, int Key, int KeyLength, int Tokens, int TokenCount);
}
