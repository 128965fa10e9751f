namespace Attune.Data.Formats.Parquet;

/// <summary>Kinds of pages, with the numbers of the format.</summary>
internal enum ParquetPageType
{
    Data = 0,
    Index = 1,
    Dictionary = 2,
    DataV2 = 3,
}

/// <summary>What stands before a page.</summary>
internal sealed record ParquetPage
{
    public ParquetPageType Type { get; init; }

    public int UncompressedBytes { get; init; }

    public int CompressedBytes { get; init; }

    /// <summary>CRC-32 of the page as it stands in the file; null when none was written.</summary>
    public uint? Checksum { get; init; }

    public int ValueCount { get; init; }

    public ParquetEncoding Encoding { get; init; }

    public ParquetEncoding DefinitionEncoding { get; init; } = ParquetEncoding.Rle;

    public ParquetEncoding RepetitionEncoding { get; init; } = ParquetEncoding.Rle;

    /// <summary>Bytes of the levels of a page of version 2.</summary>
    public int DefinitionBytes { get; init; }

    /// <summary>Bytes of the levels of a page of version 2.</summary>
    public int RepetitionBytes { get; init; }

    public bool IsCompressed { get; init; } = true;

    /// <summary>Reads it.</summary>
    /// <param name="bytes">The file from there on.</param>
    /// <param name="length">How many bytes it takes.</param>
    /// <exception cref="InvalidDataException">It is damaged, or longer than what was given.</exception>
    public static ParquetPage Read(ReadOnlySpan<byte> bytes, out int length)
    {
        var reader = new ThriftReader(bytes);
        var page = new ParquetPage();
        int id = 0;
        while (reader.Next(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1:
                    page = page with { Type = (ParquetPageType)reader.Int32(type) };
                    break;
                case 2:
                    page = page with { UncompressedBytes = reader.Int32(type) };
                    break;
                case 3:
                    page = page with { CompressedBytes = reader.Int32(type) };
                    break;
                case 4:
                    page = page with { Checksum = (uint)reader.Int32(type) };
                    break;
                case 5 or 7 or 8:
                    page = Details(ref reader, id, type, page);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        length = reader.Position;
        return page is { UncompressedBytes: >= 0, CompressedBytes: >= 0, ValueCount: >= 0, DefinitionBytes: >= 0, RepetitionBytes: >= 0 }
            ? page
            : throw new InvalidDataException("a page has a negative size or number of values");
    }

    private static ParquetPage Details(ref ThriftReader reader, int kind, ThriftType type, ParquetPage page)
    {
        const int DataV1 = 5;
        const int DataV2 = 8;
        ThriftReader.Struct(type);
        int id = 0;
        while (reader.Next(ref id, out ThriftType field))
        {
            switch (kind, id)
            {
                case (_, 1):
                    page = page with { ValueCount = reader.Int32(field) };
                    break;
                case (not DataV2, 2) or (DataV2, 4):
                    page = page with { Encoding = (ParquetEncoding)reader.Int32(field) };
                    break;
                case (DataV1, 3):
                    page = page with { DefinitionEncoding = (ParquetEncoding)reader.Int32(field) };
                    break;
                case (DataV1, 4):
                    page = page with { RepetitionEncoding = (ParquetEncoding)reader.Int32(field) };
                    break;
                case (DataV2, 5):
                    page = page with { DefinitionBytes = reader.Int32(field) };
                    break;
                case (DataV2, 6):
                    page = page with { RepetitionBytes = reader.Int32(field) };
                    break;
                case (DataV2, 7):
                    page = page with { IsCompressed = field == ThriftType.True };
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        return page;
    }
}
