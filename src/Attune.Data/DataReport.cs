using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Attune.Data.Rows;

namespace Attune.Data;

/// <summary>What became of the rows of a data set.</summary>
public sealed record DataReport
{
    /// <summary>The files in the order in which they were read.</summary>
    public required IReadOnlyList<FileReport> Files { get; init; }

    /// <summary>Rows read, bad ones included.</summary>
    public required long RowsRead { get; init; }

    /// <summary>Rows kept to train on, cut ones included.</summary>
    public required long RowsKept { get; init; }

    /// <summary>Rows that lost their end because they were too long; null for none.</summary>
    public RowGroup? Cut { get; init; }

    /// <summary>Rows that were left out, by reason, the most frequent first.</summary>
    public required IReadOnlyList<RowGroup> Skipped { get; init; }

    /// <summary>Tokens of the rows kept.</summary>
    public required long Tokens { get; init; }

    /// <summary>Those of them that count in the loss.</summary>
    public required long TrainedTokens { get; init; }

    /// <summary>Tokens of the longest row kept.</summary>
    public required int LongestRowTokens { get; init; }

    /// <summary>Rows that were left out.</summary>
    public long RowsSkipped => Skipped.Sum(group => group.Rows);

    /// <summary>The report as one JSON object with snake_case names.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, DataReportJson.Default.DataReport);

    /// <summary>The report in lines for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (FileReport file in Files)
        {
            text.Append(CultureInfo.InvariantCulture, $"{file.File}: {file.RowsRead:N0} rows ({file.Format}, {file.Shape ?? "no shape"}), {file.RowsKept:N0} kept\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"rows: {RowsRead:N0} read, {RowsKept:N0} kept, {Cut?.Rows ?? 0:N0} of them cut, {RowsSkipped:N0} skipped\n");
        text.Append(CultureInfo.InvariantCulture, $"tokens: {Tokens:N0}, {TrainedTokens:N0} of them trained; longest row {LongestRowTokens:N0}\n");
        foreach (RowGroup group in Skipped)
        {
            text.Append(CultureInfo.InvariantCulture, $"skipped {group}\n");
        }

        if (Cut is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"cut {Cut}\n");
        }

        return text.ToString();
    }
}

/// <summary>What became of the rows of one file.</summary>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Format">Key of the format it was read in.</param>
/// <param name="Shape">Key of the shape of its rows; null when it has none.</param>
/// <param name="RowsRead">Rows read, bad ones included.</param>
/// <param name="RowsKept">Rows kept.</param>
public sealed record FileReport(string File, string Format, string? Shape, long RowsRead, long RowsKept);

/// <summary>Rows that met the same fate for the same reason.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Rows">Their number.</param>
/// <param name="First">Where the first of them stand, ten at most.</param>
public sealed record RowGroup(string Reason, long Rows, IReadOnlyList<RowPlace> First)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Rows:N0}: {Reason} ({string.Join(", ", First)}{(Rows > First.Count ? ", ..." : "")})");
}

/// <summary>The report's JSON, made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DataReport))]
internal sealed partial class DataReportJson : JsonSerializerContext;
