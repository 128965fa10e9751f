using System.Buffers.Binary;

namespace Attune.Data.Compression;

/// <summary>Reads numbers and stretches of bytes one after the other; what is not there is an <see cref="InvalidDataException"/>.</summary>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes)
{
    private const int MaxVarintBytes = 10;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position == _bytes.Length;

    /// <summary>All bytes that are left; they stay unread.</summary>
    public readonly ReadOnlySpan<byte> Rest => _bytes[Position..];

    public byte Byte() => Bytes(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ReadOnlySpan<byte> Bytes(long count)
    {
        if (count < 0 || count > _bytes.Length - Position)
        {
            throw new InvalidDataException($"expected {count} more bytes, found {_bytes.Length - Position}");
        }

        Position += (int)count;
        return _bytes.Slice(Position - (int)count, (int)count);
    }

    /// <summary>A number in groups of seven bits, the lowest first (LEB128).</summary>
    public ulong Varint()
    {
        ulong value = 0;
        for (int i = 0; i < MaxVarintBytes; i++)
        {
            byte next = Byte();
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException($"a number has more than {MaxVarintBytes} bytes");
    }

    /// <summary>A signed number whose lowest bit is its sign (zigzag).</summary>
    public long SignedVarint()
    {
        ulong value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
