using System.Text.Json;

namespace Attune.Data.Formats.Arrow;

/// <summary>Kinds of columns, with the numbers of Arrow's schema.</summary>
internal enum ArrowType
{
    None = 0,
    Null = 1,
    Int = 2,
    FloatingPoint = 3,
    Binary = 4,
    Utf8 = 5,
    Bool = 6,
    Decimal = 7,
    Date = 8,
    Time = 9,
    Timestamp = 10,
    Interval = 11,
    List = 12,
    Struct = 13,
    Union = 14,
    FixedSizeBinary = 15,
    FixedSizeList = 16,
    Map = 17,
    Duration = 18,
    LargeBinary = 19,
    LargeUtf8 = 20,
    LargeList = 21,
    RunEndEncoded = 22,
    BinaryView = 23,
    Utf8View = 24,
    ListView = 25,
    LargeListView = 26,
}

/// <summary>A column, or a part of one, as the schema describes it.</summary>
internal sealed class ArrowField
{
    // A row is read as JSON, which the framework limits to 64 levels; a column can take two for each of its own.
    private const int MaxDepth = 30;

    // Parts of a description may be shared, so a short one can describe any number of columns.
    private const int MaxFields = 100_000;

    private ArrowField(FlatTable field, int depth, ref int count)
    {
        Text = field.Text(0);
        Name = JsonEncodedText.Encode(Text);
        Type = (ArrowType)field.Byte(2);
        FlatTable? type = field.Table(3);
        (Width, IsSigned, Scale) = Type switch
        {
            ArrowType.Int => (type?.Int32(0) ?? 0, type?.Byte(1) != 0, 0),
            ArrowType.FloatingPoint => (16 << (type?.Int16(0) ?? 0), true, 0),
            ArrowType.Decimal => (type?.Int32(2, 128) ?? 128, true, type?.Int32(1) ?? 0),
            ArrowType.Date => (type?.Int16(0, 1) == 0 ? 32 : 64, true, 0),
            ArrowType.Time => (type?.Int32(1, 32) ?? 32, true, 0),
            ArrowType.Timestamp or ArrowType.Duration => (64, true, 0),
            ArrowType.FixedSizeBinary or ArrowType.FixedSizeList => (type?.Int32(0) ?? 0, false, 0),
            _ => (0, false, 0),
        };
        if (field.Table(4) is { } dictionary)
        {
            DictionaryId = dictionary.Int64(0);
            FlatTable? index = dictionary.Table(1);
            (IndexWidth, IsIndexSigned) = index is { } given ? (given.Int32(0), given.Byte(1) != 0) : (32, true);
        }

        if (++count > MaxFields)
        {
            throw new InvalidDataException($"expected at most {MaxFields} columns and parts of them, found more");
        }

        if (depth >= MaxDepth)
        {
            throw new InvalidDataException($"column '{Text}' is nested more than {MaxDepth} levels deep");
        }

        Children = ReadAll(field.Tables(5), depth + 1, ref count);
        Check();
    }

    public string Text { get; }

    public JsonEncodedText Name { get; }

    public ArrowType Type { get; }

    /// <summary>Bits of a number; bytes of a fixed-size binary; items of a fixed-size list.</summary>
    public int Width { get; }

    public bool IsSigned { get; }

    /// <summary>Digits behind the point of a decimal.</summary>
    public int Scale { get; }

    /// <summary>The dictionary that holds the values; null when the column holds them itself.</summary>
    public long? DictionaryId { get; }

    public int IndexWidth { get; }

    public bool IsIndexSigned { get; }

    public IReadOnlyList<ArrowField> Children { get; }

    /// <summary>The columns of a schema.</summary>
    /// <exception cref="InvalidDataException">A column is of a kind that is not read.</exception>
    public static IReadOnlyList<ArrowField> ReadSchema(FlatTable schema)
    {
        int count = 0;
        return schema.Int16(0) == 0
            ? ReadAll(schema.Tables(1), 0, ref count)
            : throw new InvalidDataException("expected little-endian numbers, found big-endian ones");
    }

    private static List<ArrowField> ReadAll(IEnumerable<FlatTable> tables, int depth, ref int count)
    {
        List<ArrowField> fields = [];
        foreach (FlatTable table in tables)
        {
            fields.Add(new ArrowField(table, depth, ref count));
        }

        return fields;
    }

    private void Check()
    {
        bool isRight = Type switch
        {
            ArrowType.Null or ArrowType.Bool or ArrowType.Binary or ArrowType.Utf8 or ArrowType.LargeBinary or ArrowType.LargeUtf8 or ArrowType.BinaryView or ArrowType.Utf8View => true,
            ArrowType.Int => Width is 8 or 16 or 32 or 64,
            ArrowType.FloatingPoint => Width is 16 or 32 or 64,
            ArrowType.Decimal => Width is 32 or 64 or 128 or 256 && Math.Abs(Scale) <= 256,
            ArrowType.Date or ArrowType.Time or ArrowType.Timestamp or ArrowType.Duration => Width is 32 or 64,
            ArrowType.FixedSizeBinary => Width >= 0,
            ArrowType.FixedSizeList => Width >= 0 && Children.Count == 1,
            ArrowType.List or ArrowType.LargeList => Children.Count == 1,
            ArrowType.Map => Children is [{ Type: ArrowType.Struct, Children.Count: 2 }],
            ArrowType.Struct => true,
            _ => throw new InvalidDataException($"column '{Text}' is of the kind {(Enum.IsDefined(Type) ? Type : (int)Type)}, which is not read; convert it before"),
        };
        if (!isRight || (DictionaryId is not null && IndexWidth is not (8 or 16 or 32 or 64)))
        {
            throw new InvalidDataException($"the description of column '{Text}' ({Type}) makes no sense");
        }
    }
}
