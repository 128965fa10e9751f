namespace Attune.Data.Formats.Parquet;

/// <summary>An entry of the schema, as the file lists them.</summary>
internal sealed record ParquetElement
{
    /// <summary>Physical type; null for groups.</summary>
    public int? Type { get; init; }

    public int TypeLength { get; init; }

    /// <summary>0 required, 1 optional, 2 repeated.</summary>
    public int Repetition { get; init; }

    public string Name { get; init; } = "";

    public int ChildCount { get; init; }

    public int? ConvertedType { get; init; }

    public int Scale { get; init; }

    /// <summary>Number of the logical type; null when there is none.</summary>
    public int? LogicalType { get; init; }

    public bool IsSigned { get; init; } = true;
}

/// <summary>A column in a group of rows.</summary>
internal sealed record ParquetChunk
{
    public int Type { get; init; }

    public int Codec { get; init; }

    /// <summary>Number of values, with nulls.</summary>
    public long ValueCount { get; init; }

    public long DataOffset { get; init; }

    public long DictionaryOffset { get; init; }

    public bool IsElsewhere { get; init; }

    public bool IsEncrypted { get; init; }
}

/// <summary>A group of rows.</summary>
internal sealed record ParquetRowGroup(IReadOnlyList<ParquetChunk> Columns, long RowCount);

/// <summary>What stands at the end of a file: the schema and where the columns are.</summary>
/// <remarks>Source: parquet.thrift of Apache Parquet.</remarks>
internal sealed record ParquetMetadata(IReadOnlyList<ParquetElement> Schema, IReadOnlyList<ParquetRowGroup> RowGroups)
{
    /// <summary>Reads the description of a file.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ParquetMetadata Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ThriftReader(bytes);
        List<ParquetElement> schema = [];
        List<ParquetRowGroup> groups = [];
        int id = 0;
        while (reader.Next(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 2:
                    (int elements, ThriftType element) = reader.List(type);
                    for (int i = 0; i < elements; i++)
                    {
                        schema.Add(Element(ref reader, element));
                    }

                    break;
                case 4:
                    (int count, ThriftType group) = reader.List(type);
                    for (int i = 0; i < count; i++)
                    {
                        groups.Add(RowGroup(ref reader, group));
                    }

                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return new ParquetMetadata(schema, groups);
    }

    private static ParquetElement Element(ref ThriftReader reader, ThriftType type)
    {
        ThriftReader.Struct(type);
        var element = new ParquetElement();
        int id = 0;
        while (reader.Next(ref id, out ThriftType field))
        {
            switch (id)
            {
                case 1:
                    element = element with { Type = reader.Int32(field) };
                    break;
                case 2:
                    element = element with { TypeLength = reader.Int32(field) };
                    break;
                case 3:
                    element = element with { Repetition = reader.Int32(field) };
                    break;
                case 4:
                    element = element with { Name = reader.Text(field) };
                    break;
                case 5:
                    element = element with { ChildCount = reader.Int32(field) };
                    break;
                case 6:
                    element = element with { ConvertedType = reader.Int32(field) };
                    break;
                case 7:
                    element = element with { Scale = reader.Int32(field) };
                    break;
                case 10:
                    element = LogicalType(ref reader, field, element);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        return element;
    }

    private static ParquetElement LogicalType(ref ThriftReader reader, ThriftType type, ParquetElement element)
    {
        const int Decimal = 5;
        const int Integer = 10;
        ThriftReader.Struct(type);
        int id = 0;
        while (reader.Next(ref id, out ThriftType kind))
        {
            element = element with { LogicalType = id };
            if (id is not (Decimal or Integer))
            {
                reader.Skip(kind);
                continue;
            }

            ThriftReader.Struct(kind);
            int part = 0;
            while (reader.Next(ref part, out ThriftType field))
            {
                switch (id, part)
                {
                    case (Decimal, 1):
                        element = element with { Scale = reader.Int32(field) };
                        break;
                    case (Integer, 2):
                        element = element with { IsSigned = field == ThriftType.True };
                        break;
                    default:
                        reader.Skip(field);
                        break;
                }
            }
        }

        return element;
    }

    private static ParquetRowGroup RowGroup(ref ThriftReader reader, ThriftType type)
    {
        ThriftReader.Struct(type);
        List<ParquetChunk> columns = [];
        long rows = 0;
        int id = 0;
        while (reader.Next(ref id, out ThriftType field))
        {
            switch (id)
            {
                case 1:
                    (int count, ThriftType column) = reader.List(field);
                    for (int i = 0; i < count; i++)
                    {
                        columns.Add(Chunk(ref reader, column));
                    }

                    break;
                case 3:
                    rows = reader.Int64(field);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        return new ParquetRowGroup(columns, rows);
    }

    private static ParquetChunk Chunk(ref ThriftReader reader, ThriftType type)
    {
        ThriftReader.Struct(type);
        var chunk = new ParquetChunk();
        int id = 0;
        while (reader.Next(ref id, out ThriftType field))
        {
            switch (id)
            {
                case 1:
                    chunk = chunk with { IsElsewhere = reader.Text(field).Length > 0 };
                    break;
                case 3:
                    chunk = Column(ref reader, field, chunk);
                    break;
                default:
                    chunk = chunk with { IsEncrypted = chunk.IsEncrypted || id is 8 or 9 };
                    reader.Skip(field);
                    break;
            }
        }

        return chunk;
    }

    private static ParquetChunk Column(ref ThriftReader reader, ThriftType type, ParquetChunk chunk)
    {
        ThriftReader.Struct(type);
        int id = 0;
        while (reader.Next(ref id, out ThriftType field))
        {
            switch (id)
            {
                case 1:
                    chunk = chunk with { Type = reader.Int32(field) };
                    break;
                case 4:
                    chunk = chunk with { Codec = reader.Int32(field) };
                    break;
                case 5:
                    chunk = chunk with { ValueCount = reader.Int64(field) };
                    break;
                case 9:
                    chunk = chunk with { DataOffset = reader.Int64(field) };
                    break;
                case 11:
                    chunk = chunk with { DictionaryOffset = reader.Int64(field) };
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        return chunk;
    }
}
