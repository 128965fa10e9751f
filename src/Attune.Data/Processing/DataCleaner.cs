using System.Text.Json;
using Attune.Data.Cleaning;
using Attune.Data.Formats;
using Attune.Data.Rows;

namespace Attune.Data.Processing;

/// <summary>What is made better in a data set.</summary>
public sealed record CleanOptions
{
    /// <summary>What is repaired in every text.</summary>
    public RepairOptions Repair { get; init; } = new();

    /// <summary>Whether personal data with a form of its own (addresses of mail and web, phone, card, account and social security numbers, IP addresses) is replaced by its kind, such as [EMAIL]. Default false.</summary>
    public bool MaskPii { get; init; }

    /// <summary>Rows with less text than so many characters are left out. Default 1: rows without text; at least 0.</summary>
    public int MinCharacters { get; init; } = 1;

    /// <summary>Rows with more text than so many characters are left out. Default: none; at least 1.</summary>
    public int? MaxCharacters { get; init; }

    /// <summary>Which texts are good enough; they are measured once they are repaired.</summary>
    public QualityOptions Quality { get; init; } = new();

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        Check.Range(MinCharacters, "min_characters", 0, int.MaxValue);
        Check.Range(MaxCharacters ?? 1, "max_characters", 1, int.MaxValue);
    }
}

/// <summary>What cleaning did.</summary>
public sealed record CleanReport : RowsReport
{
    /// <summary>Rows written.</summary>
    public required long RowsWritten { get; init; }

    /// <summary>Rows whose texts were changed.</summary>
    public required long RowsChanged { get; init; }

    /// <summary>Pieces of personal data that were masked, by kind.</summary>
    public required IReadOnlyDictionary<string, long> Masked { get; init; }

    /// <inheritdoc/>
    public override string ToJson() => JsonSerializer.Serialize(this, RowsReportJson.Default.CleanReport);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines() =>
    [
        FormattableString.Invariant($"rows: {RowsRead:N0} read, {RowsWritten:N0} written, {RowsChanged:N0} of them changed"),
        .. Masked.Select(pair => FormattableString.Invariant($"masked {pair.Value:N0}: {pair.Key}")),
    ];
}

/// <summary>Repairs and masks the texts of a data set and leaves out rows that are of no use; streams, so the size of the data does not matter.</summary>
public static class DataCleaner
{
    /// <summary>Writes the cleaned rows as JSON lines.</summary>
    /// <param name="files">The files, read in this order.</param>
    /// <param name="output">The file to write; complete or not at all.</param>
    /// <param name="reading">How files are read.</param>
    /// <param name="options">What is done.</param>
    /// <param name="progress">Is told how many rows were read.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file or row is bad and may not be skipped, or an option is out of its range.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static CleanReport Run(
        IReadOnlyList<DataFile> files, string output, DataFileOptions reading, CleanOptions options, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        QualityRules? rules = options.Quality.CreateRules();
        var stream = new RowStream(files, reading, progress);
        var left = new RowGroupCounter();
        var masked = new SortedDictionary<string, long>(StringComparer.Ordinal);
        long changed = 0;
        using var writer = new JsonLinesWriter(output);
        foreach ((_, DataRow row, Cleaned cleaned) in stream.Select(row => Clean(row, options, rules), cancellation))
        {
            if (cleaned.Reason is { } reason)
            {
                left.Add(reason, row.Place);
            }
            else
            {
                writer.Write(cleaned.Line);
                changed += cleaned.IsChanged ? 1 : 0;
                foreach (string kind in cleaned.Masked)
                {
                    masked[kind] = masked.GetValueOrDefault(kind) + 1;
                }
            }
        }

        writer.Commit();
        return new CleanReport
        {
            RowsRead = stream.RowsRead,
            RowsWritten = writer.Rows,
            RowsChanged = changed,
            Masked = masked,
            LeftOut = [.. stream.BadRows, .. left.Report()],
        };
    }

    private static Cleaned Clean(DataRow row, CleanOptions options, QualityRules? rules)
    {
        long characters = 0;
        bool isChanged = false;
        var masked = new List<string>();
        byte[] line = JsonLinesWriter.ToLine(row, text =>
        {
            string better = TextRepair.Repair(text, options.Repair);
            if (options.MaskPii && PiiFinder.Find(better) is { Count: > 0 } found)
            {
                masked.AddRange(found.Select(span => span.Kind));
                better = PiiFinder.Mask(better, found);
            }

            characters += string.IsNullOrWhiteSpace(better) ? 0 : better.Length;
            isChanged |= better != text;
            return better;
        });
        string? reason = characters < options.MinCharacters ? (characters == 0 ? "the row has no text" : "shorter than min_characters")
            : characters > (options.MaxCharacters ?? long.MaxValue) ? "longer than max_characters"
            : rules?.Broken(new DataRow(row.Place, JsonElement.Parse(line, JsonRow.Options)));
        return new Cleaned(line, isChanged, masked, reason);
    }

    private sealed record Cleaned(byte[] Line, bool IsChanged, List<string> Masked, string? Reason);
}
