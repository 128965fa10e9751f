using System.Text.Json;

namespace Attune.Data.Inspection;

/// <summary>Counts what a column holds.</summary>
internal sealed class ColumnCounter
{
    /// <summary>A column with more different values than these is no label.</summary>
    private const int MostLabels = 100;

    /// <summary>A longer text is no label.</summary>
    private const int LongestLabel = 64;

    private readonly SortedDictionary<string, long> _kinds = new(StringComparer.Ordinal);
    private readonly LengthHistogram _lengths = new();
    private Dictionary<string, long>? _labels = [];
    private long _present;
    private long _nulls;
    private long _blank;

    public void Add(JsonElement value)
    {
        _present++;
        string kind = value.ValueKind switch
        {
            JsonValueKind.Null => "null",
            JsonValueKind.String => "text",
            JsonValueKind.Number => "number",
            JsonValueKind.Array => "array",
            JsonValueKind.Object => "object",
            _ => "boolean",
        };
        if (kind == "null")
        {
            _nulls++;
            return;
        }

        _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
        string? text = kind is "array" or "object" ? null : kind == "text" ? value.GetString()! : value.GetRawText();
        if (kind == "text")
        {
            _lengths.Add(text!.Length);
            _blank += string.IsNullOrWhiteSpace(text) ? 1 : 0;
        }

        if (_labels is null || text is null || text.Length > LongestLabel)
        {
            _labels = null;
            return;
        }

        _labels[text] = _labels.GetValueOrDefault(text) + 1;
        _labels = _labels.Count > MostLabels ? null : _labels;
    }

    /// <summary>The counts.</summary>
    /// <param name="name">The column.</param>
    /// <param name="rows">Rows of all files.</param>
    public ColumnReport Report(string name, long rows)
    {
        // Values that stand once each are no labels: names or numbers of rows.
        bool areLabels = _labels is { Count: > 0 } && _labels.Count * 2 <= _present;
        return new ColumnReport
        {
            Name = name,
            Kinds = _kinds,
            Missing = rows - _present + _nulls,
            Blank = _blank,
            Characters = _lengths.Count == 0 ? null : _lengths.Report(),
            Values = areLabels ? _labels!.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary() : null,
        };
    }
}

/// <summary>What a column holds.</summary>
public sealed record ColumnReport
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>How many values are text, number, boolean, array or object.</summary>
    public required IReadOnlyDictionary<string, long> Kinds { get; init; }

    /// <summary>Rows that do not have the column, or null in it.</summary>
    public required long Missing { get; init; }

    /// <summary>Texts that are empty or white space.</summary>
    public required long Blank { get; init; }

    /// <summary>Lengths of its texts in characters; null for none.</summary>
    public LengthReport? Characters { get; init; }

    /// <summary>How often each value stands there, the most frequent first, where there are at most 100 short ones; null otherwise.</summary>
    public IReadOnlyDictionary<string, long>? Values { get; init; }
}
