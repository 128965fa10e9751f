using System.Numerics;

namespace Attune.Data.Compression;

/// <summary>Decoding table of a Huffman code.</summary>
/// <remarks>Source: RFC 8878, section 4.2.</remarks>
internal sealed class HuffmanTable
{
    private const int MaxBits = 11;
    private const int MaxWeights = 255;

    private readonly byte[] _symbols;
    private readonly byte[] _bits;
    private readonly int _maxBits;

    private HuffmanTable(int maxBits)
    {
        _maxBits = maxBits;
        _symbols = new byte[1 << maxBits];
        _bits = new byte[1 << maxBits];
    }

    /// <summary>Reads the weights of a code, plain or compressed, and makes its table.</summary>
    public static HuffmanTable Read(ref ByteCursor input)
    {
        Span<byte> weights = stackalloc byte[MaxWeights + 1];
        int count;
        int header = input.Byte();
        if (header < 128)
        {
            count = ReadCompressed(input.Bytes(header), weights);
        }
        else
        {
            count = header - 127;
            ReadOnlySpan<byte> pairs = input.Bytes((count + 1) / 2);
            for (int i = 0; i < count; i++)
            {
                weights[i] = (byte)(i % 2 == 0 ? pairs[i / 2] >> 4 : pairs[i / 2] & 15);
            }
        }

        return Build(weights, count);
    }

    /// <summary>Decodes as many symbols as the destination holds, which are all of the stream.</summary>
    public void Decode(ReadOnlySpan<byte> stream, Span<byte> destination)
    {
        var bits = new ReverseBits(stream);
        for (int i = 0; i < destination.Length; i++)
        {
            uint code = bits.Peek(_maxBits);
            destination[i] = _symbols[code];
            bits.Skip(_bits[code]);
        }

        if (!bits.IsAtEnd)
        {
            throw new InvalidDataException("a stream of literals has another length than was said");
        }
    }

    private static int ReadCompressed(ReadOnlySpan<byte> source, Span<byte> weights)
    {
        var input = new ByteCursor(source);
        FseTable table = FseTable.Read(ref input, 6, MaxBits + 2);
        var bits = new ReverseBits(input.Rest);
        int first = (int)bits.Read(table.Log);
        int second = (int)bits.Read(table.Log);
        int count = 0;
        while (true)
        {
            if (count + 2 > MaxWeights)
            {
                throw new InvalidDataException($"a Huffman code has more than {MaxWeights} weights");
            }

            weights[count++] = table.Symbol(first);
            first = table.Next(first, ref bits);
            if (bits.IsBeyondEnd)
            {
                weights[count++] = table.Symbol(second);
                return count;
            }

            (first, second) = (second, first);
        }
    }

    // The weight of the last symbol is not written: it is what fills the code up.
    private static HuffmanTable Build(Span<byte> weights, int count)
    {
        uint sum = 0;
        foreach (byte weight in weights[..count])
        {
            if (weight > MaxBits + 1)
            {
                throw new InvalidDataException($"a weight of a Huffman code is {weight}");
            }

            sum += weight == 0 ? 0 : 1u << (weight - 1);
        }

        int maxBits = sum == 0 ? 0 : BitOperations.Log2(sum) + 1;
        uint left = sum == 0 ? 0 : (1u << maxBits) - sum;
        if (maxBits is 0 or > MaxBits || !BitOperations.IsPow2(left))
        {
            throw new InvalidDataException("the weights of a Huffman code do not add up");
        }

        weights[count++] = (byte)(BitOperations.Log2(left) + 1);
        var table = new HuffmanTable(maxBits);
        int place = 0;
        for (int weight = 1; weight <= maxBits; weight++)
        {
            for (int symbol = 0; symbol < count; symbol++)
            {
                if (weights[symbol] == weight)
                {
                    int length = 1 << (weight - 1);
                    table._symbols.AsSpan(place, length).Fill((byte)symbol);
                    table._bits.AsSpan(place, length).Fill((byte)(maxBits + 1 - weight));
                    place += length;
                }
            }
        }

        return table;
    }
}
