using System.Text.Json.Serialization;

namespace Attune.Data.Processing;

/// <summary>What work on a data set did with its rows.</summary>
public abstract record RowsReport
{
    /// <summary>Rows read, bad ones included.</summary>
    public required long RowsRead { get; init; }

    /// <summary>Rows that were left out, by reason, the most frequent first.</summary>
    public required IReadOnlyList<RowGroup> LeftOut { get; init; }

    /// <summary>The report as one JSON object with snake_case names.</summary>
    public abstract string ToJson();

    /// <summary>The report in lines for people.</summary>
    public sealed override string ToString() => string.Join('\n', Lines().Concat(LeftOut.Select(group => $"left out {group}")));

    /// <summary>What is said before the rows that were left out.</summary>
    protected abstract IEnumerable<string> Lines();
}

/// <summary>The reports' JSON, made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CleanReport))]
[JsonSerializable(typeof(DedupReport))]
[JsonSerializable(typeof(DataSplitReport))]
[JsonSerializable(typeof(AugmentReport))]
internal sealed partial class RowsReportJson : JsonSerializerContext;
