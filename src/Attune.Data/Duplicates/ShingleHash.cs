using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Attune.Data.Duplicates;

/// <summary>The first four bytes of a SHA-1 (FIPS 180-4) as a little-endian number: what MinHash sketches are usually made of.</summary>
/// <remarks>Not for secrets. The system's function spends most of its time on being called for texts as short as these, so this one is written out.</remarks>
internal static class ShingleHash
{
    /// <summary>Texts that are hashed side by side.</summary>
    public const int Lanes = 16;

    private const int BlockBytes = 64;
    private const int BlockWords = BlockBytes / sizeof(uint);
    private const int Rounds = 80;

    /// <summary>Bytes of padding at least: a set bit, and the length.</summary>
    private const int PaddingBytes = 1 + sizeof(ulong);

    private static ReadOnlySpan<uint> InitialState => [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0];

    private static ReadOnlySpan<uint> RoundConstants => [0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6];

    /// <summary>Hashes several parts of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parts">The parts, at most <see cref="Lanes"/>.</param>
    /// <param name="hashes">Is filled, one for each part.</param>
    public static void Of(ReadOnlySpan<byte> text, ReadOnlySpan<Range> parts, Span<uint> hashes)
    {
        Span<uint> blocks = stackalloc uint[Lanes * BlockWords];
        blocks.Clear();
        Span<byte> bytes = MemoryMarshal.AsBytes(blocks);
        for (int lane = 0; lane < parts.Length; lane++)
        {
            ReadOnlySpan<byte> part = text[parts[lane]];
            if (part.Length > BlockBytes - PaddingBytes)
            {
                OneByOne(text, parts, hashes);
                return;
            }

            Span<byte> block = bytes.Slice(lane * BlockBytes, BlockBytes);
            part.CopyTo(block);
            block[part.Length] = 0x80;
            BinaryPrimitives.WriteInt32BigEndian(block[^sizeof(int)..], part.Length * 8);
        }

        Vector512<uint> sums = FirstWord(blocks);
        for (int lane = 0; lane < parts.Length; lane++)
        {
            hashes[lane] = BinaryPrimitives.ReverseEndianness(sums[lane]);
        }
    }

    /// <summary>Hashes a text of any length.</summary>
    public static uint Of(ReadOnlySpan<byte> text)
    {
        Span<uint> state = stackalloc uint[InitialState.Length];
        InitialState.CopyTo(state);
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
        if (rest.Length + PaddingBytes > BlockBytes)
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
        Span<uint> w = stackalloc uint[BlockWords];
        for (int i = 0; i < BlockWords; i++)
        {
            w[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        }

        (uint a, uint b, uint c, uint d, uint e) = (state[0], state[1], state[2], state[3], state[4]);
        for (int i = 0; i < Rounds; i++)
        {
            uint word = w[i & 15];
            if (i >= BlockWords)
            {
                word = BitOperations.RotateLeft(w[(i - 3) & 15] ^ w[(i - 8) & 15] ^ w[(i - 14) & 15] ^ word, 1);
                w[i & 15] = word;
            }

            uint f = (i / 20) switch
            {
                0 => d ^ (b & (c ^ d)),
                2 => (b & c) | (d & (b | c)),
                _ => b ^ c ^ d,
            };
            uint next = unchecked(BitOperations.RotateLeft(a, 5) + f + e + RoundConstants[i / 20] + word);
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

    private static void OneByOne(ReadOnlySpan<byte> text, ReadOnlySpan<Range> parts, Span<uint> hashes)
    {
        for (int i = 0; i < parts.Length; i++)
        {
            hashes[i] = Of(text[parts[i]]);
        }
    }

    /// <summary>The same function of a block in each lane; the first word of the states.</summary>
    /// <param name="blocks">The blocks, one after the other.</param>
    private static Vector512<uint> FirstWord(ReadOnlySpan<uint> blocks)
    {
        Span<uint> turned = stackalloc uint[Lanes * BlockWords];
        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int i = 0; i < BlockWords; i++)
            {
                turned[(i * Lanes) + lane] = BinaryPrimitives.ReverseEndianness(blocks[(lane * BlockWords) + i]);
            }
        }

        Span<Vector512<uint>> w = MemoryMarshal.Cast<uint, Vector512<uint>>(turned);
        Vector512<uint> a = Vector512.Create(InitialState[0]), b = Vector512.Create(InitialState[1]), c = Vector512.Create(InitialState[2]);
        Vector512<uint> d = Vector512.Create(InitialState[3]), e = Vector512.Create(InitialState[4]);
        for (int i = 0; i < Rounds; i++)
        {
            Vector512<uint> word = w[i & 15];
            if (i >= BlockWords)
            {
                word = RotateLeft(w[(i - 3) & 15] ^ w[(i - 8) & 15] ^ w[(i - 14) & 15] ^ word, 1);
                w[i & 15] = word;
            }

            Vector512<uint> f = (i / 20) switch
            {
                0 => d ^ (b & (c ^ d)),
                2 => (b & c) | (d & (b | c)),
                _ => b ^ c ^ d,
            };
            Vector512<uint> next = RotateLeft(a, 5) + f + e + Vector512.Create(RoundConstants[i / 20]) + word;
            (e, d, c, b, a) = (d, c, RotateLeft(b, 30), a, next);
        }

        return a + Vector512.Create(InitialState[0]);
    }

    private static Vector512<uint> RotateLeft(Vector512<uint> x, int bits) => (x << bits) | (x >>> (32 - bits));
}
