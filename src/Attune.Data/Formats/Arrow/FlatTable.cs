using System.Buffers.Binary;
using System.Text;

namespace Attune.Data.Formats.Arrow;

/// <summary>A table in a flat buffer; every place is checked before it is read.</summary>
/// <remarks>Source: the internals of FlatBuffers: a table begins with the distance back to its list of field places.</remarks>
internal readonly struct FlatTable
{
    private readonly ReadOnlyMemory<byte> _buffer;
    private readonly int _place;
    private readonly int _fields;
    private readonly int _fieldCount;

    private FlatTable(ReadOnlyMemory<byte> buffer, int place)
    {
        _buffer = buffer;
        _place = place;
        long fields = (long)place - BinaryPrimitives.ReadInt32LittleEndian(At(buffer, place, 4));
        int bytes = BinaryPrimitives.ReadUInt16LittleEndian(At(buffer, fields, 4));
        _fields = (int)fields;
        _fieldCount = (bytes - 4) / 2;
        At(buffer, _fields, Math.Max(4, bytes));
    }

    /// <summary>The outermost table of a buffer.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static FlatTable Root(ReadOnlyMemory<byte> buffer) => new(buffer, Jump(buffer, 0));

    public byte Byte(int field, byte absent = 0) => Find(field) is int place ? At(_buffer, place, 1)[0] : absent;

    public short Int16(int field, short absent = 0) => Find(field) is int place ? BinaryPrimitives.ReadInt16LittleEndian(At(_buffer, place, 2)) : absent;

    public int Int32(int field, int absent = 0) => Find(field) is int place ? BinaryPrimitives.ReadInt32LittleEndian(At(_buffer, place, 4)) : absent;

    public long Int64(int field, long absent = 0) => Find(field) is int place ? BinaryPrimitives.ReadInt64LittleEndian(At(_buffer, place, 8)) : absent;

    public FlatTable? Table(int field) => Find(field) is int place ? new FlatTable(_buffer, Jump(_buffer, place)) : null;

    public string Text(int field)
    {
        (int place, int count) = Vector(field, 1);
        return Encoding.UTF8.GetString(_buffer.Span.Slice(place, count));
    }

    /// <summary>The tables of a vector; none when it is absent.</summary>
    public IEnumerable<FlatTable> Tables(int field)
    {
        (int place, int count) = Vector(field, 4);
        for (int i = 0; i < count; i++)
        {
            yield return new FlatTable(_buffer, Jump(_buffer, place + (4 * i)));
        }
    }

    /// <summary>The 64-bit numbers of a vector, or of a vector of structures of them, one after the other.</summary>
    public long[] Int64s(int field, int perItem = 1)
    {
        (int place, int count) = Vector(field, 8 * perItem);
        var values = new long[count * perItem];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(_buffer.Span[(place + (8 * i))..]);
        }

        return values;
    }

    private (int Place, int Count) Vector(int field, int itemBytes)
    {
        if (Find(field) is not int found)
        {
            return (0, 0);
        }

        int place = Jump(_buffer, found);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(At(_buffer, place, 4));
        At(_buffer, place + 4, (long)count * itemBytes);
        return (place + 4, (int)count);
    }

    private int? Find(int field)
    {
        if (field >= _fieldCount)
        {
            return null;
        }

        int distance = BinaryPrimitives.ReadUInt16LittleEndian(At(_buffer, _fields + 4 + (2 * field), 2));
        return distance == 0 ? null : _place + distance;
    }

    private static int Jump(ReadOnlyMemory<byte> buffer, int place)
    {
        long target = (long)place + BinaryPrimitives.ReadUInt32LittleEndian(At(buffer, place, 4));
        At(buffer, target, 0);
        return (int)target;
    }

    private static ReadOnlySpan<byte> At(ReadOnlyMemory<byte> buffer, long place, long count) => place >= 0 && count <= buffer.Length - place
        ? buffer.Span.Slice((int)place, (int)count)
        : throw new InvalidDataException($"the description of the columns points to byte {place} of {buffer.Length}");
}
