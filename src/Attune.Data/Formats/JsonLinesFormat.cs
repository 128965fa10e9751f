using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>JSON lines: one JSON value a line, lines end with <c>\n</c> only, blank lines are passed over (jsonlines.org).</summary>
public sealed class JsonLinesFormat : IDataFormat
{
    /// <inheritdoc/>
    public string Key => "jsonl";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".jsonl", ".ndjson"];

    /// <inheritdoc/>
    public IEnumerable<DataRow> Read(DataFile file, DataFileOptions options)
    {
        using var lines = new LineReader(file, options.MaxRowBytes);
        while (lines.Next())
        {
            if (lines.IsTooLong)
            {
                yield return DataRow.Bad(
                    file.Name, lines.Number, "the line is too long", $"more than max_row_bytes = {options.MaxRowBytes}; is it a JSON array? Then say format: json");
            }
            else if (lines.Line.ContainsAnyExcept(" \t\r"u8))
            {
                yield return JsonRow.Parse(file.Name, lines.Number, lines.Line);
            }
        }
    }
}
