using System.Buffers.Binary;

namespace Attune.Text.SentencePiece;

/// <summary>Reads the fields of one protobuf message (encoding of protobuf.dev/programming-guides/encoding), checking every length against the bytes that are left.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, long start, string file)
{
    private const int VarintWire = 0;
    private const int Fixed64Wire = 1;
    private const int BytesWire = 2;
    private const int Fixed32Wire = 5;

    private readonly ReadOnlySpan<byte> _message = message;
    private readonly long _start = start;
    private readonly string _file = file;
    private int _position;
    private int _wire;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Moves to the next field; false at the end of the message. The value of each field must be read or skipped.</summary>
    public bool Next()
    {
        if (_position == _message.Length)
        {
            return false;
        }

        ulong tag = Varint();
        Field = tag >> 3 is > 0 and < (1UL << 29) ? (int)(tag >> 3) : throw Error($"expected a field number from 1, found {tag >> 3}");
        _wire = (int)(tag & 7);
        return _wire is VarintWire or Fixed64Wire or BytesWire or Fixed32Wire
            ? true
            : throw Error($"field {Field} has wire type {_wire}, which is none of 0, 1, 2 and 5");
    }

    /// <summary>Passes over the current field.</summary>
    public void Skip()
    {
        switch (_wire)
        {
            case VarintWire:
                Varint();
                break;
            case Fixed64Wire:
                Take(8);
                break;
            case BytesWire:
                Take(Varint());
                break;
            default:
                Take(4);
                break;
        }
    }

    /// <summary>The integer of the current field.</summary>
    public int ReadInt32()
    {
        Expect(VarintWire, "an integer");
        long value = (long)Varint();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Error($"field {Field}: expected an integer of 32 bits, found {value}");
    }

    /// <summary>The truth value of the current field.</summary>
    public bool ReadBoolean() => ReadInt32() switch
    {
        0 => false,
        1 => true,
        int other => throw Error($"field {Field}: expected 0 or 1, found {other}"),
    };

    /// <summary>The number of the current field.</summary>
    public float ReadSingle()
    {
        Expect(Fixed32Wire, "a number of 32 bits");
        float value = BinaryPrimitives.ReadSingleLittleEndian(Take(4));
        return float.IsFinite(value) ? value : throw Error($"field {Field}: expected a finite number, found {value}");
    }

    /// <summary>The bytes of the current field.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        Expect(BytesWire, "bytes");
        return Take(Varint());
    }

    /// <summary>The text of the current field.</summary>
    public string ReadString()
    {
        ReadOnlySpan<byte> bytes = ReadBytes();
        return System.Text.Unicode.Utf8.IsValid(bytes)
            ? System.Text.Encoding.UTF8.GetString(bytes)
            : throw Error($"field {Field}: expected text in UTF-8");
    }

    /// <summary>The message of the current field.</summary>
    public ProtobufReader ReadMessage()
    {
        ReadOnlySpan<byte> bytes = ReadBytes();
        return new ProtobufReader(bytes, _start + _position - bytes.Length, _file);
    }

    /// <summary>An error at the current place.</summary>
    public readonly TextException Error(string message) => new($"{_file}: byte {_start + _position}: {message}");

    private readonly void Expect(int wire, string expected)
    {
        if (_wire != wire)
        {
            throw Error($"field {Field}: expected {expected} (wire type {wire}), found wire type {_wire}");
        }
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Error("expected an integer of at most 10 bytes");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_message.Length - _position))
        {
            throw Error($"expected {count} bytes, but only {_message.Length - _position} are left in the message; the file is damaged or cut off");
        }

        ReadOnlySpan<byte> taken = _message.Slice(_position, (int)count);
        _position += (int)count;
        return taken;
    }
}
