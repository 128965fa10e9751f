using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Attune.Formats;

/// <summary>
/// Walks over the fields of a message in the wire format of Protocol Buffers, in a file. Every length is compared with the end of the message around it before anything
/// is read or allocated.
/// </summary>
internal sealed class ProtobufCursor(ReadableFile file, long start, long end)
{
    private const int MostTextBytes = 1 << 16;

    private long _at = start;
    private ProtobufWire _wire;

    /// <summary>Number of the field that <see cref="Next"/> found.</summary>
    public int Field { get; private set; }

    /// <summary>Goes to the next field.</summary>
    /// <returns>False at the end of the message.</returns>
    public bool Next()
    {
        if (_at >= end)
        {
            return false;
        }

        ulong tag = Varint();
        _wire = (ProtobufWire)(tag & 7);
        if (tag >> 3 is 0 or > int.MaxValue || _wire is not (ProtobufWire.Varint or ProtobufWire.Fixed64 or ProtobufWire.Length or ProtobufWire.Fixed32))
        {
            throw Wrong($"expected a field of a message, found the tag {tag}; the file is damaged or of another format");
        }

        Field = (int)(tag >> 3);
        return true;
    }

    public long Integer()
    {
        Require(ProtobufWire.Varint);
        return (long)Varint();
    }

    public float Single()
    {
        Require(ProtobufWire.Fixed32);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        Take(bytes);
        return BinaryPrimitives.ReadSingleLittleEndian(bytes);
    }

    public string Text()
    {
        byte[] bytes = Bytes(MostTextBytes);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Wrong("expected text in UTF-8");
    }

    /// <summary>The bytes of the field, at most so many.</summary>
    public byte[] Bytes(int most)
    {
        (long from, long to) = Range();
        if (to - from > most)
        {
            throw Wrong($"expected at most {most} bytes, found {to - from}");
        }

        byte[] bytes = new byte[to - from];
        file.Read(from, bytes);
        return bytes;
    }

    /// <summary>The numbers of a repeated field, whether packed or one at a time.</summary>
    public void Integers(List<long> values, int most)
    {
        if (_wire == ProtobufWire.Varint)
        {
            values.Add(Integer());
        }
        else
        {
            (long from, long to) = Range();
            var packed = new ProtobufCursor(file, from, to);
            while (packed._at < to && values.Count <= most)
            {
                values.Add((long)packed.Varint());
            }
        }

        if (values.Count > most)
        {
            throw Wrong($"expected at most {most} numbers");
        }
    }

    /// <summary>Walks over the message that the field holds.</summary>
    public ProtobufCursor Message()
    {
        (long from, long to) = Range();
        return new ProtobufCursor(file, from, to);
    }

    /// <summary>Where the bytes of the field lie in the file; they are passed over.</summary>
    public (long Start, long End) Range()
    {
        Require(ProtobufWire.Length);
        ulong length = Varint();
        if (length > (ulong)(end - _at))
        {
            throw Wrong($"a field of {length} bytes goes beyond the end of what holds it ({end - _at} bytes are left)");
        }

        long from = _at;
        _at += (long)length;
        return (from, _at);
    }

    /// <summary>Passes over a field that is not needed.</summary>
    public void Skip()
    {
        switch (_wire)
        {
            case ProtobufWire.Varint:
                Varint();
                break;
            case ProtobufWire.Fixed64:
                Pass(8);
                break;
            case ProtobufWire.Fixed32:
                Pass(4);
                break;
            default:
                Range();
                break;
        }
    }

    /// <summary>An error at the current place.</summary>
    public ModelFileException Wrong(string problem) => ModelFileException.At(file.Path, $"byte {_at}", problem);

    private void Require(ProtobufWire wire)
    {
        if (_wire != wire)
        {
            throw Wrong($"field {Field}: expected the wire type {wire}, found {_wire}");
        }
    }

    private ulong Varint()
    {
        Span<byte> bytes = stackalloc byte[10];
        bytes = bytes[..(int)Math.Min(bytes.Length, end - _at)];
        file.Read(_at, bytes);
        ulong value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                _at += i + 1;
                return value;
            }
        }

        throw Wrong("expected a number, found more than ten bytes of it or the end");
    }

    private void Take(Span<byte> destination)
    {
        long from = _at;
        Pass(destination.Length);
        file.Read(from, destination);
    }

    private void Pass(int count)
    {
        if (count > end - _at)
        {
            throw Wrong($"expected {count} more bytes, found {end - _at}");
        }

        _at += count;
    }
}
