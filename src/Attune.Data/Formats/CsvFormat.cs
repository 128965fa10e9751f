using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>Comma-separated values (RFC 4180) with a header line; every field is text.</summary>
public sealed class CsvFormat : IDataFormat
{
    /// <inheritdoc/>
    public string Key => "csv";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".csv"];

    /// <inheritdoc/>
    public IEnumerable<DataRow> Read(DataFile file, DataFileOptions options) => new DelimitedReader(file, options, ',').Read();
}
