using System.Buffers.Binary;
using System.Numerics;

namespace Attune.Data.Formats.Parquet;

/// <summary>What the values of a column are, and how they are written as JSON.</summary>
internal sealed class ParquetLeaf
{
    private const int JulianDayOfEpoch = 2_440_588;
    private const long NanosecondsPerDay = 86_400_000_000_000;
    private const int MaxScale = 1000;

    private readonly Kind _kind;
    private readonly int _scale;

    public ParquetLeaf(ParquetElement element, int definition, int repetition)
    {
        Name = element.Name;
        (Definition, Repetition) = (definition, repetition);
        Type = (ParquetType)(element.Type ?? throw new InvalidDataException($"column '{Name}' has no type"));
        Width = Type switch
        {
            ParquetType.Boolean => 1,
            ParquetType.Int32 or ParquetType.Float => 4,
            ParquetType.Int64 or ParquetType.Double => 8,
            ParquetType.Int96 => 12,
            ParquetType.FixedLengthByteArray when element.TypeLength > 0 => element.TypeLength,
            ParquetType.ByteArray => 0,
            _ => throw new InvalidDataException($"column '{Name}' is of type {Type} with {element.TypeLength} bytes, which is not possible"),
        };
        _kind = KindOf(element);
        _scale = Math.Abs(element.Scale) <= MaxScale ? element.Scale : throw new InvalidDataException($"column '{Name}' has {element.Scale} digits behind the point");
    }

    private enum Kind
    {
        Boolean,
        Signed,
        Unsigned,
        Instant96,
        Half,
        Float,
        Double,
        Decimal,
        Text,
        Bytes,
    }

    public string Name { get; }

    public ParquetType Type { get; }

    /// <summary>Bytes of a value; 0 when they differ.</summary>
    public int Width { get; }

    /// <summary>Definition level of values that are not null.</summary>
    public int Definition { get; }

    /// <summary>Largest repetition level.</summary>
    public int Repetition { get; }

    /// <summary>Writes a value that is not null.</summary>
    public void Write(JsonRowWriter row, ReadOnlySpan<byte> value)
    {
        if (Width != 0 && value.Length != Width)
        {
            throw new InvalidDataException($"column '{Name}': expected {Width} bytes, found {value.Length}");
        }

        switch (_kind)
        {
            case Kind.Boolean:
                row.Boolean(value[0] != 0);
                break;
            case Kind.Signed:
                row.Number(Width == 4 ? BinaryPrimitives.ReadInt32LittleEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value));
                break;
            case Kind.Unsigned:
                row.Number(Width == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(value) : BinaryPrimitives.ReadUInt64LittleEndian(value));
                break;
            case Kind.Instant96:
                // Nanoseconds of the day, then the Julian day; the sum can be beyond 64 bits.
                row.Number(((BinaryPrimitives.ReadInt32LittleEndian(value[8..]) - (Int128)JulianDayOfEpoch) * NanosecondsPerDay) + BinaryPrimitives.ReadInt64LittleEndian(value));
                break;
            case Kind.Half:
                row.Number((double)BinaryPrimitives.ReadHalfLittleEndian(value));
                break;
            case Kind.Float:
                row.Number(BinaryPrimitives.ReadSingleLittleEndian(value));
                break;
            case Kind.Double:
                row.Number(BinaryPrimitives.ReadDoubleLittleEndian(value));
                break;
            case Kind.Decimal:
                row.Decimal(new BigInteger(value, isBigEndian: Type is ParquetType.ByteArray or ParquetType.FixedLengthByteArray), _scale);
                break;
            case Kind.Text:
                row.Text(value);
                break;
            default:
                row.Bytes(value);
                break;
        }
    }

    // Numbers of converted and logical types are those of the format; what is not known leaves the physical type.
    private Kind KindOf(ParquetElement element)
    {
        const int LogicalText = 1;
        const int LogicalEnum = 4;
        const int LogicalDecimal = 5;
        const int LogicalInteger = 10;
        const int LogicalJson = 12;
        const int LogicalHalf = 15;
        bool isDecimal = element.LogicalType == LogicalDecimal || element.ConvertedType == 5;
        switch (Type)
        {
            case ParquetType.Boolean:
                return Kind.Boolean;
            case ParquetType.Int32 or ParquetType.Int64 when isDecimal:
                return Kind.Decimal;
            case ParquetType.Int32 or ParquetType.Int64:
                return (element.LogicalType == LogicalInteger && !element.IsSigned) || element.ConvertedType is >= 11 and <= 14 ? Kind.Unsigned : Kind.Signed;
            case ParquetType.Int96:
                return Kind.Instant96;
            case ParquetType.Float:
                return Kind.Float;
            case ParquetType.Double:
                return Kind.Double;
            case ParquetType.ByteArray or ParquetType.FixedLengthByteArray when isDecimal:
                return Kind.Decimal;
            case ParquetType.FixedLengthByteArray:
                return element.LogicalType == LogicalHalf && Width == 2 ? Kind.Half : Kind.Bytes;
            default:
                return element.LogicalType is LogicalText or LogicalEnum or LogicalJson || element.ConvertedType is 0 or 4 or 19 ? Kind.Text : Kind.Bytes;
        }
    }
}
