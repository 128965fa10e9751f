using Attune.Data.Formats;
using Attune.Data.Rows;

namespace Attune.Data.Processing;

/// <summary>Streams the rows of files as they are, without asking for a shape; rows that cannot be read are counted, or an error.</summary>
/// <param name="files">The files, read in this order.</param>
/// <param name="options">How they are read.</param>
/// <param name="progress">Is told now and then how many rows were read; null for nobody.</param>
/// <param name="isTolerant">Whether bad rows are only counted, whatever the options say.</param>
public sealed class RowStream(IReadOnlyList<DataFile> files, DataFileOptions options, Action<long>? progress = null, bool isTolerant = false)
{
    private const int ProgressRows = 4096;

    private readonly RowGroupCounter _bad = new();
    private long _badRows;

    /// <summary>Rows read so far, bad ones included.</summary>
    public long RowsRead { get; private set; }

    /// <summary>Rows read of each file.</summary>
    public long[] RowsOfFile { get; } = new long[files.Count];

    /// <summary>The rows that could not be read.</summary>
    public IReadOnlyList<RowGroup> BadRows => _bad.Report();

    /// <summary>The rows from the beginning, with the number of their file.</summary>
    /// <exception cref="DataException">A file cannot be read, or a bad row may not be skipped.</exception>
    public IEnumerable<(int File, DataRow Row)> Read()
    {
        options.Validate();
        RowsRead = _badRows = 0;
        for (int file = 0; file < files.Count; file++)
        {
            RowsOfFile[file] = 0;
            foreach (DataRow row in KnownDataFormats.Of(files[file], options.Format).Read(files[file], options))
            {
                if (RowsRead == (options.MaxRows ?? long.MaxValue))
                {
                    yield break;
                }

                RowsOfFile[file]++;
                if (++RowsRead % ProgressRows == 0)
                {
                    progress?.Invoke(RowsRead);
                }

                if (row.Error is { } error)
                {
                    Bad(error);
                }
                else
                {
                    yield return (file, row);
                }
            }
        }
    }

    /// <summary>Works on rows on all cores and hands the results out in the order of the rows; a row that the work finds bad is counted as such.</summary>
    public IEnumerable<(int File, DataRow Row, T Result)> Select<T>(Func<DataRow, T> work, CancellationToken cancellation)
    {
        foreach (((int file, DataRow row), (T? value, DataException? error)) in OrderedWork.Run(Read(), read => Try(read.Row, work), cancellation))
        {
            if (error is null)
            {
                yield return (file, row, value!);
            }
            else
            {
                Bad(error);
            }
        }
    }

    private static (T? Value, DataException? Error) Try<T>(DataRow row, Func<DataRow, T> work)
    {
        try
        {
            return (work(row), null);
        }
        catch (DataException error) when (error.Line is not null)
        {
            return (default, error);
        }
    }

    /// <summary>Counts a bad row.</summary>
    /// <exception cref="DataException">Bad rows are errors, or there are too many.</exception>
    private void Bad(DataException error)
    {
        if (!isTolerant && options.OnBadRows == "error")
        {
            throw error.WithAdvice("Correct the row, or leave such rows out with on_bad_rows: skip.");
        }

        if (!isTolerant && ++_badRows > options.MaxBadRows)
        {
            throw error.WithAdvice($"This is bad row number {_badRows}, more than max_bad_rows = {options.MaxBadRows}.");
        }

        _bad.Add(error.Reason!, error.Place!.Value);
    }
}
