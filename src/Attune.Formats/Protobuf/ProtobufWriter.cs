using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Attune.Formats;

/// <summary>Builds a message in the wire format of Protocol Buffers (protobuf.dev, "Encoding"), field by field.</summary>
public sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What was written; valid until more is.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>An integer as a varint.</summary>
    public void Integer(int field, long value)
    {
        Tag(field, ProtobufWire.Varint);
        Varint((ulong)value);
    }

    /// <summary>A number in single precision.</summary>
    public void Single(int field, float value)
    {
        Tag(field, ProtobufWire.Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(sizeof(float)), value);
        _bytes.Advance(sizeof(float));
    }

    /// <summary>A number in double precision.</summary>
    public void Double(int field, double value)
    {
        Tag(field, ProtobufWire.Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value);
        _bytes.Advance(sizeof(double));
    }

    /// <summary>A text in UTF-8.</summary>
    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Bytes as they are.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        LengthOf(field, value.Length);
        _bytes.Write(value);
    }

    /// <summary>A message within this one.</summary>
    public void Message(int field, Action<ProtobufWriter> write)
    {
        var inner = new ProtobufWriter();
        write(inner);
        Bytes(field, inner.Written);
    }

    /// <summary>Tag and length of a field whose bytes are written elsewhere.</summary>
    public void LengthOf(int field, long length)
    {
        Tag(field, ProtobufWire.Length);
        Varint((ulong)length);
    }

    private void Tag(int field, ProtobufWire wire) => Varint(((ulong)field << 3) | (ulong)wire);

    private void Varint(ulong value)
    {
        Span<byte> span = _bytes.GetSpan(10);
        int count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[count++] = (byte)(value | 0x80);
        }

        span[count++] = (byte)value;
        _bytes.Advance(count);
    }
}
