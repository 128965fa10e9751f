using System.Buffers.Binary;
using System.Numerics;

namespace Attune.Data.Formats.Arrow;

/// <summary>The values of a column in a batch.</summary>
/// <param name="length">Number of values.</param>
/// <param name="validity">A bit for each value, 0 for null; empty when all are there.</param>
internal abstract class ArrowColumn(int length, ReadOnlyMemory<byte> validity)
{
    public int Length => length;

    /// <summary>Writes a value, or null.</summary>
    /// <exception cref="InvalidDataException">The value does not exist, or is not inside its buffer.</exception>
    public void Write(JsonRowWriter row, int index)
    {
        if ((uint)index >= (uint)length)
        {
            throw new InvalidDataException($"value {index} of a column with {length} is asked for");
        }

        if (!validity.IsEmpty && !Bit(validity.Span, index))
        {
            row.Null();
        }
        else
        {
            WriteValue(row, index);
        }
    }

    protected static bool Bit(ReadOnlySpan<byte> bits, int index) => ((bits[index >> 3] >> (index & 7)) & 1) != 0;

    protected abstract void WriteValue(JsonRowWriter row, int index);
}

/// <summary>Nothing but nulls.</summary>
internal sealed class ArrowNulls(int length) : ArrowColumn(length, default)
{
    protected override void WriteValue(JsonRowWriter row, int index) => row.Null();
}

/// <summary>Bits.</summary>
internal sealed class ArrowBooleans(int length, ReadOnlyMemory<byte> validity, ReadOnlyMemory<byte> values) : ArrowColumn(length, validity)
{
    protected override void WriteValue(JsonRowWriter row, int index) => row.Boolean(Bit(values.Span, index));
}

/// <summary>Integers (also of dates and times), floats and decimals of a fixed width.</summary>
internal sealed class ArrowNumbers(int length, ReadOnlyMemory<byte> validity, ReadOnlyMemory<byte> values, ArrowField field) : ArrowColumn(length, validity)
{
    protected override void WriteValue(JsonRowWriter row, int index)
    {
        ReadOnlySpan<byte> bytes = values.Span.Slice(index * (field.Width / 8), field.Width / 8);
        switch (field.Type)
        {
            case ArrowType.Decimal:
                row.Decimal(new BigInteger(bytes), field.Scale);
                break;
            case ArrowType.FloatingPoint:
                row.Number(field.Width switch
                {
                    16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
                    32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
                    _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
                });
                break;
            case ArrowType.Int when !field.IsSigned && field.Width == 64:
                row.Number(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
                break;
            default:
                row.Number(ArrowIntegers.Read(bytes, field.Type != ArrowType.Int || field.IsSigned));
                break;
        }
    }
}

/// <summary>Bytes or texts of one width.</summary>
internal sealed class ArrowFixedBytes(int length, ReadOnlyMemory<byte> validity, ReadOnlyMemory<byte> values, int width) : ArrowColumn(length, validity)
{
    protected override void WriteValue(JsonRowWriter row, int index) => row.Bytes(values.Span.Slice(index * width, width));
}

/// <summary>Bytes or texts that stand one after the other, with the places where they begin and end.</summary>
internal sealed class ArrowBytes(int length, ReadOnlyMemory<byte> validity, ArrowOffsets offsets, ReadOnlyMemory<byte> values, bool isText) : ArrowColumn(length, validity)
{
    protected override void WriteValue(JsonRowWriter row, int index)
    {
        (int start, int count) = offsets.Range(index, values.Length);
        ReadOnlySpan<byte> bytes = values.Span.Slice(start, count);
        if (isText)
        {
            row.Text(bytes);
        }
        else
        {
            row.Bytes(bytes);
        }
    }
}

/// <summary>Bytes or texts of which short ones stand in their own place and long ones in one of several buffers.</summary>
internal sealed class ArrowViews(int length, ReadOnlyMemory<byte> validity, ReadOnlyMemory<byte> views, ReadOnlyMemory<byte>[] buffers, bool isText) : ArrowColumn(length, validity)
{
    /// <summary>Bytes of a view: length, then up to twelve bytes, or the first four, the buffer and the place there.</summary>
    public const int ViewBytes = 16;

    private const int MaxShort = 12;

    protected override void WriteValue(JsonRowWriter row, int index)
    {
        ReadOnlySpan<byte> bytes = Find(views.Span.Slice(index * ViewBytes, ViewBytes));
        if (isText)
        {
            row.Text(bytes);
        }
        else
        {
            row.Bytes(bytes);
        }
    }

    private ReadOnlySpan<byte> Find(ReadOnlySpan<byte> view)
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(view);
        if (count is >= 0 and <= MaxShort)
        {
            return view.Slice(4, count);
        }

        int buffer = BinaryPrimitives.ReadInt32LittleEndian(view[8..]);
        int start = BinaryPrimitives.ReadInt32LittleEndian(view[12..]);
        return count >= 0 && (uint)buffer < (uint)buffers.Length && start >= 0 && count <= buffers[buffer].Length - start
            ? buffers[buffer].Span.Slice(start, count)
            : throw new InvalidDataException($"a text of {count} bytes at {start} of buffer {buffer} is not there");
    }
}

/// <summary>Lists of values of another column; of pairs for maps.</summary>
internal sealed class ArrowLists(int length, ReadOnlyMemory<byte> validity, ArrowOffsets offsets, ArrowColumn items) : ArrowColumn(length, validity)
{
    protected override void WriteValue(JsonRowWriter row, int index)
    {
        (int start, int count) = offsets.Range(index, items.Length);
        row.StartArray();
        for (int i = start; i < start + count && !row.IsBad; i++)
        {
            items.Write(row, i);
        }

        row.EndArray();
    }
}

/// <summary>Values of several columns side by side: as an object, or as an array for the pairs of a map.</summary>
internal sealed class ArrowStructs(int length, ReadOnlyMemory<byte> validity, IReadOnlyList<ArrowField> fields, ArrowColumn[] parts, bool isPair) : ArrowColumn(length, validity)
{
    protected override void WriteValue(JsonRowWriter row, int index)
    {
        if (isPair)
        {
            row.StartArray();
            parts[0].Write(row, index);
            parts[1].Write(row, index);
            row.EndArray();
            return;
        }

        row.StartObject();
        for (int i = 0; i < parts.Length; i++)
        {
            row.Name(fields[i].Name);
            parts[i].Write(row, index);
        }

        row.EndObject();
    }
}

/// <summary>Places of values in a dictionary.</summary>
internal sealed class ArrowIndices(int length, ReadOnlyMemory<byte> validity, ReadOnlyMemory<byte> values, ArrowField field, ArrowDictionary dictionary) : ArrowColumn(length, validity)
{
    protected override void WriteValue(JsonRowWriter row, int index) =>
        dictionary.Write(row, ArrowIntegers.Read(values.Span.Slice(index * (field.IndexWidth / 8), field.IndexWidth / 8), field.IsIndexSigned));
}

/// <summary>Values that other columns name by their place. Parts can be added: rows are read before the next message, so no column sees values that came later.</summary>
internal sealed class ArrowDictionary
{
    private readonly List<ArrowColumn> _parts = [];
    private readonly List<long> _ends = [];

    /// <summary>Adds values at the end.</summary>
    public void Add(ArrowColumn values)
    {
        if (values.Length > 0)
        {
            _ends.Add(values.Length + (_ends.Count == 0 ? 0 : _ends[^1]));
            _parts.Add(values);
        }
    }

    public void Write(JsonRowWriter row, long index)
    {
        int found = _ends.BinarySearch(index);
        int part = found < 0 ? ~found : found + 1;
        if (index < 0 || part == _parts.Count)
        {
            throw new InvalidDataException($"value {index} of a dictionary with {(_ends.Count == 0 ? 0 : _ends[^1])} is asked for");
        }

        _parts[part].Write(row, (int)(index - (part == 0 ? 0 : _ends[part - 1])));
    }
}

/// <summary>Where the values of variable length begin and end.</summary>
internal abstract class ArrowOffsets
{
    /// <summary>Place and length of a value, which lies inside <paramref name="total"/>.</summary>
    public (int Start, int Count) Range(int index, int total)
    {
        long start = At(index);
        long end = At(index + 1);
        return start >= 0 && start <= end && end <= total
            ? ((int)start, (int)(end - start))
            : throw new InvalidDataException($"a value reaches from {start} to {end} of {total}");
    }

    protected abstract long At(int index);
}

/// <summary>Places of 32 or 64 bits.</summary>
internal sealed class ArrowWrittenOffsets(ReadOnlyMemory<byte> places, int width) : ArrowOffsets
{
    protected override long At(int index) => ArrowIntegers.Read(places.Span.Slice(index * width, width), isSigned: true);
}

/// <summary>Places of values that are all of one length.</summary>
internal sealed class ArrowEvenOffsets(int length) : ArrowOffsets
{
    protected override long At(int index) => (long)index * length;
}

/// <summary>Integers of any width.</summary>
internal static class ArrowIntegers
{
    public static long Read(ReadOnlySpan<byte> bytes, bool isSigned) => (bytes.Length, isSigned) switch
    {
        (1, true) => (sbyte)bytes[0],
        (1, false) => bytes[0],
        (2, true) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (4, true) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };
}
