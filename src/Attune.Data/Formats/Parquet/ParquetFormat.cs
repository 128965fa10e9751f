using Attune.Data.Rows;

namespace Attune.Data.Formats.Parquet;

/// <summary>Parquet: all encodings but bit-packed levels, pages of both versions, Snappy, gzip, Brotli, LZ4 and Zstandard, nested columns; not encrypted files.</summary>
/// <remarks>Source: the documents of Apache Parquet (parquet-format 2.11). Rows are put together while pages are read, so a file may be larger than memory.</remarks>
public sealed class ParquetFormat : IDataFormat
{
    private const int MinPageLimit = 64 << 20;

    /// <inheritdoc/>
    public string Key => "parquet";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".parquet", ".pq"];

    /// <inheritdoc/>
    public IEnumerable<DataRow> Read(DataFile file, DataFileOptions options)
    {
        using var source = new ParquetFile(file, (int)Math.Min(int.MaxValue, Math.Max(MinPageLimit, 2L * options.MaxRowBytes)));
        using var writer = new JsonRowWriter(file.Name, options.MaxRowBytes);
        (ParquetMetadata metadata, ParquetSchema schema) = Open(file, source);
        foreach (ParquetRowGroup group in metadata.RowGroups)
        {
            ParquetColumn[] columns = Columns(file, source, schema, group);
            for (long i = 0; i < group.RowCount; i++)
            {
                yield return ReadRow(writer, schema, columns);
            }

            if (Array.Exists(columns, column => column.Definition >= 0))
            {
                throw Damaged(file, $"a column has more values than its {group.RowCount} rows need");
            }
        }
    }

    private static (ParquetMetadata Metadata, ParquetSchema Schema) Open(DataFile file, ParquetFile source)
    {
        try
        {
            ParquetMetadata metadata = source.ReadMetadata();
            return (metadata, ParquetSchema.Read(metadata.Schema));
        }
        catch (InvalidDataException e)
        {
            throw Damaged(file, e.Message, e);
        }
    }

    private static ParquetColumn[] Columns(DataFile file, ParquetFile source, ParquetSchema schema, ParquetRowGroup group)
    {
        if (group.Columns.Count != schema.Leaves.Count || group.RowCount < 0)
        {
            throw Damaged(file, $"a group of {group.RowCount} rows has {group.Columns.Count} columns, the schema has {schema.Leaves.Count}");
        }

        var columns = new ParquetColumn[schema.Leaves.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            try
            {
                columns[i] = new ParquetColumn(source, schema.Leaves[i], group.Columns[i]);
            }
            catch (InvalidDataException e)
            {
                throw Damaged(file, $"column '{schema.Leaves[i].Name}': {e.Message}", e);
            }
        }

        return columns;
    }

    private static DataRow ReadRow(JsonRowWriter writer, ParquetSchema schema, ParquetColumn[] columns) => writer.Row(row =>
    {
        foreach (ParquetColumn column in columns)
        {
            if (column.Repetition != 0 || column.Definition < 0)
            {
                throw new InvalidDataException(column.Definition < 0 ? "a column has fewer values than there are rows" : "a column goes on with a list where a row begins");
            }
        }

        schema.Root.Write(row, columns);
    });

    private static DataException Damaged(DataFile file, string problem, Exception? inner = null) =>
        new($"{file.Name}: not a readable Parquet file: {problem}. Write it again, or fetch it again.", inner);
}
