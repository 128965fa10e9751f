using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Attune.Data.Inspection;

/// <summary>What a data set is like, and what is wrong with it.</summary>
public sealed record InspectionReport
{
    /// <summary>Rows of each file.</summary>
    public required IReadOnlyDictionary<string, long> Files { get; init; }

    /// <summary>Rows of all files, bad ones included.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that cannot be read, by reason.</summary>
    public required IReadOnlyList<RowGroup> BadRows { get; init; }

    /// <summary>The columns, in the order in which they came up.</summary>
    public required IReadOnlyList<ColumnReport> Columns { get; init; }

    /// <summary>Characters of the rows' texts.</summary>
    public required LengthReport Characters { get; init; }

    /// <summary>Words of the rows' texts, by white space.</summary>
    public required LengthReport Words { get; init; }

    /// <summary>Rows by the script that most of their letters have.</summary>
    public required IReadOnlyDictionary<string, long> Scripts { get; init; }

    /// <summary>Rows that are the same as an earlier one, or nearly.</summary>
    public required IReadOnlyList<RowGroup> Duplicates { get; init; }

    /// <summary>Rows whose text also stands in the held-out files, whole or a window of 13 words of it.</summary>
    public required IReadOnlyList<RowGroup> Leaked { get; init; }

    /// <summary>Rows with damaged text: misread encodings, replacement characters, control characters, references of HTML.</summary>
    public required IReadOnlyList<RowGroup> Damaged { get; init; }

    /// <summary>Rows with personal data, by kind.</summary>
    public required IReadOnlyList<RowGroup> Personal { get; init; }

    /// <summary>Rows that Gopher's rules for pages of the web (<see cref="Cleaning.QualityOptions.Quality"/>) would leave out, by the first rule that they break.</summary>
    public required IReadOnlyList<RowGroup> LowQuality { get; init; }

    /// <summary>The report as one JSON object with snake_case names.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, InspectionJson.Default.InspectionReport);

    /// <summary>The report in lines for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach ((string file, long rows) in Files)
        {
            text.Append(CultureInfo.InvariantCulture, $"{file}: {rows:N0} rows\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"characters a row: {Describe(Characters)}\nwords a row: {Describe(Words)}\n");
        text.Append(CultureInfo.InvariantCulture, $"scripts: {Shares(Scripts)}\ncolumns:\n");
        foreach (ColumnReport column in Columns)
        {
            string kinds = column.Kinds.Count == 1 ? column.Kinds.Keys.First() : Shares(column.Kinds);
            text.Append(CultureInfo.InvariantCulture, $"  {column.Name}: {kinds}, {column.Missing:N0} missing, {column.Blank:N0} blank");
            text.Append(column.Values is { } values ? $"; {Shares(values)}" : column.Characters is { } lengths ? $"; characters {Describe(lengths)}" : "").Append('\n');
        }

        Groups("bad rows", BadRows);
        Groups("duplicates", Duplicates);
        Groups("leaked", Leaked);
        Groups("damaged", Damaged);
        Groups("personal data", Personal);
        Groups("would be left out with --quality gopher, made for pages of the web", LowQuality);
        return text.ToString();

        void Groups(string title, IReadOnlyList<RowGroup> groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"{title}:{(groups.Count == 0 ? " none" : "")}\n");
            foreach (RowGroup group in groups)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {group}\n");
            }
        }
    }

    private static string Describe(LengthReport lengths) =>
        string.Create(CultureInfo.InvariantCulture, $"{lengths.Min:N0} to {lengths.Max:N0}, mean {lengths.Mean:N1}, median {lengths.Median:N0}, 95 % up to {lengths.P95:N0}");

    private static string Shares(IReadOnlyDictionary<string, long> counts)
    {
        const int Shown = 12;
        double sum = counts.Values.Sum();
        string listed = string.Join(", ", counts.Take(Shown).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value:N0} ({pair.Value / sum:P1})")));
        return counts.Count > Shown ? string.Create(CultureInfo.InvariantCulture, $"{listed} and {counts.Count - Shown} more") : listed;
    }
}

/// <summary>The report's JSON, made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(InspectionReport))]
internal sealed partial class InspectionJson : JsonSerializerContext;
