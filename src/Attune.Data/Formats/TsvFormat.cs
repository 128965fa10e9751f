using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>Tab-separated values (RFC 4180) with a header line; every field is text.</summary>
public sealed class TsvFormat : IDataFormat
{
    /// <inheritdoc/>
    public string Key => "tsv";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".tsv"];

    /// <inheritdoc/>
    public IEnumerable<DataRow> Read(DataFile file, DataFileOptions options) => new DelimitedReader(file, options, '\t').Read();
}
