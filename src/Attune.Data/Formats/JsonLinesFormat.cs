using System.Text.Json;
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
        bool isFirst = true;
        while (lines.Next())
        {
            if (lines.IsTooLong)
            {
                yield return DataRow.Bad(
                    file.Name, lines.Number, "the line is too long", $"more than max_row_bytes = {options.MaxRowBytes}; is it a JSON array? Then say format: json");
            }
            else if (lines.Line.ContainsAnyExcept(" \t\r"u8))
            {
                DataRow row = JsonRow.Parse(file.Name, lines.Number, lines.Line);
                yield return isFirst && HoldsRows(row)
                    ? DataRow.Bad(row.Place, "the line is an array of rows", $"{row.Value.GetArrayLength()} of them; is the file a JSON array? Then say format: json")
                    : row;
                isFirst = false;
            }
        }
    }

    private static bool HoldsRows(DataRow row) =>
        row is { Error: null, Value.ValueKind: JsonValueKind.Array } && row.Value.EnumerateArray().Any() && row.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object);
}
