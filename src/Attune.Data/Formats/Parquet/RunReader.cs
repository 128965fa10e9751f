using System.Buffers.Binary;
using System.Numerics;
using Attune.Data.Compression;

namespace Attune.Data.Formats.Parquet;

/// <summary>Small numbers as runs of one value and stretches of packed bits.</summary>
/// <remarks>Source: RLE / bit-packing hybrid of Parquet's Encodings.md.</remarks>
internal sealed class RunReader
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _width;
    private int _position;
    private long _left;
    private uint _repeated;
    private bool _isPacked;
    private long _bit;

    /// <param name="bytes">The runs.</param>
    /// <param name="width">Bits of a number, 0 to 32.</param>
    public RunReader(ReadOnlyMemory<byte> bytes, int width)
    {
        if (width > 32)
        {
            throw new InvalidDataException($"numbers of {width} bits are not possible");
        }

        _bytes = bytes;
        _width = width;
    }

    /// <summary>Bits that the numbers up to a largest one need.</summary>
    public static int WidthOf(int largest) => largest == 0 ? 0 : BitOperations.Log2((uint)largest) + 1;

    /// <summary>The next number.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public uint Next()
    {
        while (_left == 0)
        {
            Start();
        }

        _left--;
        if (!_isPacked)
        {
            return _repeated;
        }

        uint value = Bits(_bytes.Span, _bit, _width);
        _bit += _width;
        return value;
    }

    /// <summary>A number of up to 32 bits that begins at a bit, the lowest first.</summary>
    public static uint Bits(ReadOnlySpan<byte> bytes, long bit, int width)
    {
        int first = (int)(bit >> 3);
        ulong word = 0;
        int last = (int)((bit + width - 1) >> 3);
        if (last >= bytes.Length)
        {
            throw new InvalidDataException("packed numbers end early");
        }

        for (int i = last; i >= first; i--)
        {
            word = (word << 8) | bytes[i];
        }

        return (uint)((word >> (int)(bit & 7)) & ((1UL << width) - 1));
    }

    private void Start()
    {
        var input = new ByteCursor(_bytes.Span[_position..]);
        ulong header = input.Varint();
        if (header > uint.MaxValue)
        {
            throw new InvalidDataException("a run is too long");
        }

        _isPacked = (header & 1) != 0;
        if (_isPacked)
        {
            long bytes = (long)(header >> 1) * _width;
            _left = (long)(header >> 1) * 8;
            _bit = 8L * (_position + input.Position);

            // The last stretch may end where its values do.
            input.Bytes(Math.Min(bytes, input.Rest.Length));
        }
        else
        {
            Span<byte> value = stackalloc byte[4];
            value.Clear();
            input.Bytes((_width + 7) / 8).CopyTo(value);
            _repeated = BinaryPrimitives.ReadUInt32LittleEndian(value);
            _left = (long)(header >> 1);
        }

        _position += input.Position;
    }
}
