using System.Globalization;
using System.Text;
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
public sealed record DedupReport
{
    /// <summary>Rows read, bad ones included.</summary>
    public required long RowsRead { get; init; }

    /// <summary>Rows written: the first of each group.</summary>
    public required long RowsWritten { get; init; }

    /// <summary>Rows that had the words of an earlier one.</summary>
    public required long EqualRows { get; init; }

    /// <summary>Rows that were nearly the same as an earlier one.</summary>
    public required long NearRows { get; init; }

    /// <summary>Rows that were left out, by reason, the most frequent first.</summary>
    public required IReadOnlyList<RowGroup> LeftOut { get; init; }

    /// <summary>The report in lines for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"rows: {RowsRead:N0} read, {RowsWritten:N0} written, {EqualRows:N0} equal and {NearRows:N0} nearly equal ones left out\n");
        foreach (RowGroup group in LeftOut)
        {
            text.Append(CultureInfo.InvariantCulture, $"left out {group}\n");
        }

        return text.ToString();
    }
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
        var stream = new RowStream(files, reading);
        DuplicateGroups groups = Group(stream, options, progress, cancellation);
        IReadOnlyList<RowGroup> bad = stream.BadRows;
        var left = new RowGroupCounter();
        using var writer = new JsonLinesWriter(output);
        int number = 0;
        foreach ((_, DataRow row) in new RowStream(files, reading with { OnBadRows = "skip", MaxBadRows = int.MaxValue }).Read().Where(read => IsSound(read.Row, options)))
        {
            cancellation.ThrowIfCancellationRequested();
            if (number >= groups.FirstAlike.Count)
            {
                throw new DataException($"{row.File} has grown while it was read; try again.");
            }

            if (groups.FirstAlike[number] == number)
            {
                writer.Write(row.Value);
            }
            else
            {
                left.Add(groups.FirstEqual[number] == number ? "nearly equal to an earlier row" : "the words of an earlier row", new RowPlace(row.File, row.Line));
            }

            number++;
        }

        writer.Commit();
        return new DedupReport
        {
            RowsRead = stream.RowsRead,
            RowsWritten = writer.Rows,
            EqualRows = groups.EqualRows,
            NearRows = groups.AlikeRows - groups.EqualRows,
            LeftOut = [.. bad, .. left.Report()],
        };
    }

    /// <summary>Compares the rows of a stream.</summary>
    internal static DuplicateGroups Group(RowStream stream, DedupOptions options, Action<long>? progress, CancellationToken cancellation)
    {
        using DuplicateFinder finder = options.CreateFinder();
        var text = new RowText(options.Columns);
        foreach ((_, _, ulong[] keys) in stream.Select(row => finder.KeysOf(text.Of(row)), cancellation))
        {
            finder.Add(keys);
            if (stream.RowsRead % 4096 == 0)
            {
                progress?.Invoke(stream.RowsRead);
            }
        }

        return finder.Find();
    }

    /// <summary>Whether a row was counted as sound when the rows were compared, too.</summary>
    internal static bool IsSound(DataRow row, DedupOptions options)
    {
        try
        {
            new RowText(options.Columns).Of(row);
            return true;
        }
        catch (DataException error) when (error.Line is not null)
        {
            return false;
        }
    }
}
