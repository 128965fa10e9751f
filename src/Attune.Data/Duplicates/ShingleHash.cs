using System.Buffers.Binary;
using System.Numerics;

namespace Attune.Data.Duplicates;

/// <summary>The first four bytes of a SHA-1 (FIPS 180-4) as a little-endian number: what MinHash sketches are usually made of.</summary>
/// <remarks>Not for secrets. The system's function spends most of its time on being called for texts as short as these, so this one is written out.</remarks>
internal static class ShingleHash
{
    private const int BlockBytes = 64;

    public static uint Of(ReadOnlySpan<byte> text)
    {
        Span<uint> state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0];
        Span<byte> block = stackalloc byte[BlockBytes];
        int at = 0;
        for (; at + BlockBytes <= text.Length; at += BlockBytes)
        {
            Add(text.Slice(at, BlockBytes), state);
        }

        ReadOnlySpan<byte> rest = text[at..];
        block.Clear();
        rest.CopyTo(block);
        block[rest.Length] = 0x80;
        if (rest.Length + 9 > BlockBytes)
        {
            Add(block, state);
            block.Clear();
        }

        BinaryPrimitives.WriteUInt64BigEndian(block[(BlockBytes - 8)..], (ulong)text.Length * 8);
        Add(block, state);
        return BinaryPrimitives.ReverseEndianness(state[0]);
    }

    private static void Add(ReadOnlySpan<byte> block, Span<uint> state)
    {
        Span<uint> w = stackalloc uint[16];
        for (int i = 0; i < 16; i++)
        {
            w[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        }

        (uint a, uint b, uint c, uint d, uint e) = (state[0], state[1], state[2], state[3], state[4]);
        for (int i = 0; i < 80; i++)
        {
            uint word = w[i & 15];
            if (i >= 16)
            {
                word = BitOperations.RotateLeft(w[(i - 3) & 15] ^ w[(i - 8) & 15] ^ w[(i - 14) & 15] ^ word, 1);
                w[i & 15] = word;
            }

            (uint f, uint k) = i switch
            {
                < 20 => (d ^ (b & (c ^ d)), 0x5A827999u),
                < 40 => (b ^ c ^ d, 0x6ED9EBA1u),
                < 60 => ((b & c) | (d & (b | c)), 0x8F1BBCDCu),
                _ => (b ^ c ^ d, 0xCA62C1D6u),
            };
            uint next = unchecked(BitOperations.RotateLeft(a, 5) + f + e + k + word);
            (e, d, c, b, a) = (d, c, BitOperations.RotateLeft(b, 30), a, next);
        }

        unchecked
        {
            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
        }
    }
}
