using System.Text.Json;
using Attune.Data.Batching;
using Attune.Data.Duplicates;
using Attune.Data.Rows;

namespace Attune.Data.Processing;

/// <summary>How a data set is split.</summary>
public sealed record DataSplitOptions
{
    /// <summary>Rows of test.jsonl: below 1 a share of the rows, from 1 on their number. Default 0.1.</summary>
    public double TestSize { get; init; } = 0.1;

    /// <summary>Rows of validation.jsonl: below 1 a share of the rows, from 1 on their number. Default 0: none.</summary>
    public double ValSize { get; init; }

    /// <summary>Seed of the choice. Default 42; at least 0.</summary>
    public int SplitSeed { get; init; } = 42;

    /// <summary>A column whose values shall have the same shares in all parts, such as a label. Default: none.</summary>
    public string? StratifyBy { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        foreach ((double size, string name) in new[] { (TestSize, "test_size"), (ValSize, "val_size") })
        {
            if (!(size >= 0 && size <= int.MaxValue) || (size > 1 && size != Math.Floor(size)))
            {
                throw new DataException($"{name} must be 0, a share below 1, or a whole number of rows; it is {size}.");
            }
        }

        if (TestSize == 0 && ValSize == 0)
        {
            throw new DataException("test_size and val_size are both 0; there is nothing to split.");
        }

        Check.Range(SplitSeed, "split_seed", 0, int.MaxValue);
    }
}

/// <summary>What splitting did.</summary>
public sealed record DataSplitReport : RowsReport
{
    /// <summary>Rows of each part, by the name of its file without the extension.</summary>
    public required IReadOnlyDictionary<string, long> Parts { get; init; }

    /// <summary>Rows that are the same as an earlier one or nearly, and stand in its part.</summary>
    public required long KeptTogether { get; init; }

    /// <inheritdoc/>
    public override string ToJson() => JsonSerializer.Serialize(this, RowsReportJson.Default.DataSplitReport);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines() =>
    [
        FormattableString.Invariant($"rows: {RowsRead:N0} read, {string.Join(", ", Parts.Select(part => FormattableString.Invariant($"{part.Value:N0} {part.Key}")))}"),
        FormattableString.Invariant($"kept together with one that is equal or nearly: {KeptTogether:N0} rows"),
    ];
}

/// <summary>Splits a data set into train.jsonl, validation.jsonl and test.jsonl; rows that are the same or nearly stay together, so that nothing leaks from one part into another.</summary>
public static class DataSplitter
{
    /// <summary>Names of the parts.</summary>
    public static IReadOnlyList<string> Names { get; } = ["train", "validation", "test"];

    /// <summary>Path of a part.</summary>
    public static string PathOf(string folder, string name) => Path.Combine(folder, name + ".jsonl");

    /// <summary>Writes the parts into a folder, each row into one of them, in the order of the data.</summary>
    /// <param name="files">The files, read in this order.</param>
    /// <param name="folder">The folder of the parts.</param>
    /// <param name="reading">How files are read.</param>
    /// <param name="options">How large the parts are.</param>
    /// <param name="same">Which rows count as the same.</param>
    /// <param name="progress">Is told how many rows were read.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file or row is bad and may not be skipped, an option is out of its range, or a part would be empty.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static DataSplitReport Run(
        IReadOnlyList<DataFile> files, string folder, DataFileOptions reading, DataSplitOptions options, DedupOptions same, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        var comparison = new RowComparison(files, reading, same, progress, cancellation);
        var strata = new List<int>();
        var stratumOf = new Dictionary<string, int>(StringComparer.Ordinal);
        DuplicateGroups groups = comparison.Group(row =>
        {
            string value = options.StratifyBy is { } column ? Value(row, column) : "";
            stratumOf.TryAdd(value, stratumOf.Count);
            strata.Add(stratumOf[value]);
        });
        if (groups.FirstAlike.Count == 0)
        {
            throw new DataException($"there are no rows to split in {string.Join(", ", files.Select(file => file.Name))}.");
        }

        byte[] parts = Assign(groups.FirstAlike, strata, options);
        Dictionary<string, long> written = Write(comparison, folder, parts);
        return new DataSplitReport { RowsRead = comparison.RowsRead, Parts = written, KeptTogether = groups.AlikeRows, LeftOut = comparison.BadRows };
    }

    /// <summary>The part of each row: 0 train, 1 validation, 2 test.</summary>
    internal static byte[] Assign(IReadOnlyList<int> first, IReadOnlyList<int> strata, DataSplitOptions options)
    {
        int[] sizes = new int[first.Count];
        foreach (int row in first)
        {
            sizes[row]++;
        }

        byte[] parts = new byte[first.Count];
        foreach (IGrouping<int, int> stratum in Enumerable.Range(0, first.Count).Where(row => first[row] == row).GroupBy(row => strata[row]))
        {
            int[] heads = [.. stratum];
            double rows = heads.Sum(head => (long)sizes[head]);
            double share = rows / first.Count;
            int[] left = [0, Wanted(options.ValSize, rows, share), Wanted(options.TestSize, rows, share)];

            // Groups are taken in the order of the seed as long as they fit, first for the test, then for the validation.
            foreach (int at in RowOrder.Shuffled(heads.Length, (ulong)options.SplitSeed))
            {
                byte part = sizes[heads[at]] <= left[2] ? (byte)2 : sizes[heads[at]] <= left[1] ? (byte)1 : (byte)0;
                parts[heads[at]] = part;
                left[part] -= sizes[heads[at]];
            }
        }

        for (int row = 0; row < parts.Length; row++)
        {
            parts[row] = parts[first[row]];
        }

        foreach ((double size, byte part) in new[] { (options.TestSize, (byte)2), (options.ValSize, (byte)1), (1.0, (byte)0) })
        {
            if (size > 0 && !parts.Contains(part))
            {
                throw new DataException($"no row is left for {Names[part]}.jsonl: there are {first.Count} rows in {first.Distinct().Count()} groups of equal or nearly equal ones, which stay together.");
            }
        }

        return parts;
    }

    private static int Wanted(double size, double rows, double share) => (int)Math.Round(size < 1 ? size * rows : size * share, MidpointRounding.AwayFromZero);

    private static Dictionary<string, long> Write(RowComparison comparison, string folder, byte[] parts)
    {
        var writers = new JsonLinesWriter?[Names.Count];
        try
        {
            foreach ((int number, DataRow row) in comparison.ReadAgain(parts.Length))
            {
                byte part = parts[number];
                (writers[part] ??= new JsonLinesWriter(PathOf(folder, Names[part]))).Write(row.Value);
            }

            foreach (JsonLinesWriter? writer in writers)
            {
                writer?.Commit();
            }

            return Names.Index().Where(part => writers[part.Index] is not null).ToDictionary(part => part.Item, part => writers[part.Index]!.Rows);
        }
        finally
        {
            foreach (JsonLinesWriter? writer in writers)
            {
                writer?.Dispose();
            }
        }
    }

    private static string Value(DataRow row, string column) =>
        row.Value.ValueKind == JsonValueKind.Object && row.Value.TryGetProperty(column, out JsonElement value)
            ? value.GetRawText()
            : throw row.Wrong($"stratify_by: there is no column '{column}'");
}
