using System.Text;
using Attune.Data.Compression;

namespace Attune.Data.Formats.Parquet;

/// <summary>Types of Thrift's compact protocol.</summary>
internal enum ThriftType
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    Int16 = 4,
    Int32 = 5,
    Int64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}

/// <summary>Reads structures in Thrift's compact protocol, field by field.</summary>
/// <remarks>Source: thrift-compact-protocol.md of Apache Thrift.</remarks>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int MaxDepth = 32;

    private ByteCursor _input = new(bytes);

    /// <summary>Bytes that were read.</summary>
    public readonly int Position => _input.Position;

    /// <summary>Reads what stands before a field; false at the end of the structure.</summary>
    /// <param name="id">Number of the field before, 0 at first; afterwards of this one.</param>
    /// <param name="type">Type of the field.</param>
    public bool Next(ref int id, out ThriftType type)
    {
        int header = _input.Byte();
        type = (ThriftType)(header & 15);
        if (type == ThriftType.Stop)
        {
            return false;
        }

        id = header >> 4 == 0 ? (int)_input.SignedVarint() : id + (header >> 4);
        return true;
    }

    public int Int32(ThriftType type)
    {
        long value = Int64(type);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new InvalidDataException($"the number {value} is too large");
    }

    public long Int64(ThriftType type) => type switch
    {
        ThriftType.Byte => (sbyte)_input.Byte(),
        ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64 => _input.SignedVarint(),
        _ => throw Unexpected("a number", type),
    };

    public string Text(ThriftType type)
    {
        Require(type, ThriftType.Binary);
        return Encoding.UTF8.GetString(_input.Bytes(Length()));
    }

    /// <summary>Whether a structure follows; its fields are read with <see cref="Next"/>.</summary>
    public static void Struct(ThriftType type) => Require(type, ThriftType.Struct);

    /// <summary>The number of items of a list, each at least one byte, and their type.</summary>
    public (int Count, ThriftType Type) List(ThriftType type)
    {
        Require(type, ThriftType.List);
        int header = _input.Byte();
        long count = header >> 4 == 15 ? Length() : header >> 4;
        return count <= _input.Rest.Length
            ? ((int)count, (ThriftType)(header & 15))
            : throw new InvalidDataException($"a list of {count} items is longer than what is left");
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(ThriftType type, int depth = 0)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidDataException($"structures are nested more than {MaxDepth} levels deep");
        }

        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                _input.Byte();
                break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64:
                _input.Varint();
                break;
            case ThriftType.Double:
                _input.Bytes(8);
                break;
            case ThriftType.Binary:
                _input.Bytes(Length());
                break;
            case ThriftType.List or ThriftType.Set:
                (int count, ThriftType item) = List(ThriftType.List);
                for (int i = 0; i < count; i++)
                {
                    SkipItem(item, depth);
                }

                break;
            case ThriftType.Map:
                SkipMap(depth);
                break;
            case ThriftType.Struct:
                int id = 0;
                while (Next(ref id, out ThriftType field))
                {
                    Skip(field, depth + 1);
                }

                break;
            default:
                throw Unexpected("a value", type);
        }
    }

    private void SkipMap(int depth)
    {
        long count = Length();
        int types = count == 0 ? 0 : _input.Byte();
        for (long i = 0; i < count; i++)
        {
            SkipItem((ThriftType)(types >> 4), depth);
            SkipItem((ThriftType)(types & 15), depth);
        }
    }

    // Outside of structures a truth value is a byte of its own.
    private void SkipItem(ThriftType type, int depth) => Skip(type is ThriftType.True or ThriftType.False ? ThriftType.Byte : type, depth + 1);

    private long Length()
    {
        ulong length = _input.Varint();
        return length <= int.MaxValue ? (long)length : throw new InvalidDataException($"a length of {length} is more than is left");
    }

    private static void Require(ThriftType found, ThriftType expected)
    {
        if (found != expected)
        {
            throw Unexpected(expected.ToString(), found);
        }
    }

    private static InvalidDataException Unexpected(string expected, ThriftType found) => new($"expected {expected}, found {found}");
}
