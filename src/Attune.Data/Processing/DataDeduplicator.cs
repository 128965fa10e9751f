using System.Text.Json;
using Attune.Data.Duplicates;
using Attune.Data.Rows;

namespace Attune.Data.Processing;

/// <summary>Which rows count as the same.</summary>
public sealed record DedupOptions
{
    /// <summary>The columns whose text is compared. Default: all.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>The Jaccard similarity of the rows' windows of three words from which they count as the same, estimated by MinHash; 1 for rows with equal words only. Range: above 0 up to 1. Default: 0.8.</summary>
    public double Threshold { get; init; } = 0.8;

    /// <summary>Hash functions of a sketch. Range: 16 to 1024. Default: 128.</summary>
    public int NumPerm { get; init; } = 128;

    /// <summary>Seed of the hash functions. Range: 0 and up. Default: 1.</summary>
    public int MinhashSeed { get; init; } = 1;

    /// <summary>Starts a search.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    internal DuplicateFinder CreateFinder()
    {
        Check.Range(NumPerm, "num_perm", 16, 1024);
        Check.Range(MinhashSeed, "minhash_seed", 0, int.MaxValue);
        return Threshold == 1 ? new DuplicateFinder() : new DuplicateFinder(Threshold, new MinHasher(NumPerm, (uint)MinhashSeed));
    }
}

/// <summary>What removing duplicates did.</summary>
public sealed record DedupReport : RowsReport
{
    /// <summary>Rows written: the first of each group.</summary>
    public required long RowsWritten { get; init; }

    /// <summary>Rows that had the words of an earlier one.</summary>
    public required long EqualRows { get; init; }

    /// <summary>Rows that were nearly the same as an earlier one.</summary>
    public required long NearRows { get; init; }

    /// <inheritdoc/>
    public override string ToJson() => JsonSerializer.Serialize(this, RowsReportJson.Default.DedupReport);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines() =>
        [FormattableString.Invariant($"rows: {RowsRead:N0} read, {RowsWritten:N0} written, {EqualRows:N0} equal and {NearRows:N0} nearly equal ones left out")];
}

/// <summary>Leaves the first of every group of rows that are the same or nearly. The files are read twice and only keys are held, most of them on the disk.</summary>
public static class DataDeduplicator
{
    /// <summary>Writes the rows that stay as JSON lines, in their order.</summary>
    /// <param name="files">The files, read in this order.</param>
    /// <param name="output">The file to write; complete or not at all.</param>
    /// <param name="reading">How files are read.</param>
    /// <param name="options">Which rows count as the same.</param>
    /// <param name="progress">Is told how many rows were read.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file or row is bad and may not be skipped, or an option is out of its range.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static DedupReport Run(
        IReadOnlyList<DataFile> files, string output, DataFileOptions reading, DedupOptions options, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        var comparison = new RowComparison(files, reading, options, progress, cancellation);
        DuplicateGroups groups = comparison.Group();
        var left = new RowGroupCounter();
        using var writer = new JsonLinesWriter(output);
        foreach ((int number, DataRow row) in comparison.ReadAgain(groups.FirstAlike.Count))
        {
            if (groups.FirstAlike[number] == number)
            {
                writer.Write(row.Value);
            }
            else
            {
                left.Add(groups.ReasonOf(number), row.Place);
            }
        }

        writer.Commit();
        return new DedupReport
        {
            RowsRead = comparison.RowsRead,
            RowsWritten = writer.Rows,
            EqualRows = groups.EqualRows,
            NearRows = groups.AlikeRows - groups.EqualRows,
            LeftOut = [.. comparison.BadRows, .. left.Report()],
        };
    }
}
