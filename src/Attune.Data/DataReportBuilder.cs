using Attune.Data.Rows;

namespace Attune.Data;

/// <summary>Counts what becomes of rows while they are read, and decides with the user's options which bad row is too many.</summary>
internal sealed class DataReportBuilder(DataFileOptions options)
{
    private const string TooLong = "longer than max_length";

    private readonly List<FileReport> _files = [];
    private readonly RowGroupCounter _skipped = new();
    private readonly RowGroupCounter _cut = new();
    private long _badRows;
    private long _tokens;
    private long _trained;
    private int _longest;

    public long RowsRead { get; private set; }

    public long RowsKept { get; private set; }

    /// <summary>Begins the next file and gives its number.</summary>
    public int BeginFile(string file, string format)
    {
        _files.Add(new FileReport(file, format, null, 0, 0));
        return _files.Count - 1;
    }

    public void Shape(string key) => _files[^1] = _files[^1] with { Shape = key };

    public void Read()
    {
        RowsRead++;
        _files[^1] = _files[^1] with { RowsRead = _files[^1].RowsRead + 1 };
    }

    public void Kept(int file, int longest, int tokens, int trained)
    {
        RowsKept++;
        _files[file] = _files[file] with { RowsKept = _files[file].RowsKept + 1 };
        _tokens += tokens;
        _trained += trained;
        _longest = Math.Max(_longest, longest);
    }

    public void Cut(RowPlace place) => _cut.Add(TooLong, place);

    /// <summary>Counts a row that is sound but of no use.</summary>
    public void Skip(RowPlace place, string reason) => _skipped.Add(reason, place);

    /// <summary>Counts a bad row.</summary>
    /// <exception cref="DataException">Bad rows are errors, or there are too many.</exception>
    public void Bad(DataException error)
    {
        if (options.OnBadRows == "error")
        {
            throw error.WithAdvice("Correct the row, or leave such rows out with on_bad_rows: skip.");
        }

        if (++_badRows > options.MaxBadRows)
        {
            throw error.WithAdvice($"This is bad row number {_badRows}, more than max_bad_rows = {options.MaxBadRows}: {Summary()}");
        }

        _skipped.Add(error.Reason!, error.Place!.Value);
    }

    /// <summary>The report; it must have rows.</summary>
    /// <exception cref="DataException">No row was kept.</exception>
    public DataReport Build()
    {
        if (RowsRead == 0)
        {
            throw new DataException($"there are no rows in {string.Join(", ", _files.Select(file => file.File))}.");
        }

        if (RowsKept == 0)
        {
            throw new DataException($"none of the {RowsRead} rows can be used: {Summary()}");
        }

        return new DataReport
        {
            Files = [.. _files],
            RowsRead = RowsRead,
            RowsKept = RowsKept,
            Cut = _cut.Report() is [var cut] ? cut : null,
            Skipped = _skipped.Report(),
            Tokens = _tokens,
            TrainedTokens = _trained,
            LongestRowTokens = _longest,
        };
    }

    private string Summary() => string.Join("; ", _skipped.Report().Take(3));
}
