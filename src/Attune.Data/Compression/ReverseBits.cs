using System.Numerics;

namespace Attune.Data.Compression;

/// <summary>Reads bits from the end of a stretch of bytes to its beginning, the highest first, as Zstandard's entropy coders write them.</summary>
internal ref struct ReverseBits
{
    private readonly ReadOnlySpan<byte> _bytes;

    // Number of bits that are left; below zero once bits were read that are not there.
    private long _left;

    /// <summary>Starts behind the highest set bit of the last byte, which marks the end.</summary>
    public ReverseBits(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[^1] == 0)
        {
            throw new InvalidDataException("a stream of bits has no end mark");
        }

        _bytes = bytes;
        _left = ((long)(bytes.Length - 1) * 8) + BitOperations.Log2(bytes[^1]);
    }

    /// <summary>Whether all bits were read, and none more.</summary>
    public readonly bool IsAtEnd => _left == 0;

    /// <summary>Whether more bits were read than there are.</summary>
    public readonly bool IsBeyondEnd => _left < 0;

    /// <summary>Reads up to 32 bits; bits before the beginning are 0.</summary>
    public uint Read(int count)
    {
        uint value = Peek(count);
        _left -= count;
        return value;
    }

    /// <summary>Passes over bits that were looked at.</summary>
    public void Skip(int count) => _left -= count;

    /// <summary>Looks at up to 32 bits without passing over them; bits before the beginning are 0.</summary>
    public readonly uint Peek(int count)
    {
        long from = _left - count;
        int missing = from < 0 ? (int)Math.Min(count, -from) : 0;
        int present = count - missing;
        if (present == 0)
        {
            return 0;
        }

        from = Math.Max(from, 0);
        ulong word = 0;
        int first = (int)(from >> 3);
        int last = (int)((from + present - 1) >> 3);
        for (int i = last; i >= first; i--)
        {
            word = (word << 8) | _bytes[i];
        }

        ulong value = (word >> (int)(from & 7)) & ((1UL << present) - 1);
        return (uint)(value << missing);
    }
}
