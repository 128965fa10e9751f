using Attune.Data.Duplicates;
using Attune.Data.Rows;

namespace Attune.Data.Processing;

/// <summary>Compares the rows of files, and reads them once more when it is known which are the same.</summary>
/// <param name="files">The files, read in this order.</param>
/// <param name="reading">How files are read.</param>
/// <param name="same">Which rows count as the same.</param>
/// <param name="progress">Is told how many rows were compared; null for nobody.</param>
/// <param name="cancellation">Stops between rows.</param>
internal sealed class RowComparison(
    IReadOnlyList<DataFile> files, DataFileOptions reading, DedupOptions same, Action<long>? progress, CancellationToken cancellation)
{
    private readonly RowStream _stream = new(files, reading, progress);
    private readonly RowText _text = new(same.Columns);

    /// <summary>Rows read, bad ones included.</summary>
    public long RowsRead => _stream.RowsRead;

    /// <summary>The rows that could not be read.</summary>
    public IReadOnlyList<RowGroup> BadRows => _stream.BadRows;

    /// <summary>Compares all sound rows.</summary>
    /// <param name="each">Is given each of them; null for nobody.</param>
    public DuplicateGroups Group(Action<DataRow>? each = null)
    {
        using DuplicateFinder finder = same.CreateFinder();
        foreach ((_, DataRow row, ulong[] keys) in _stream.Select(row => finder.KeysOf(_text.Of(row)), cancellation))
        {
            finder.Add(keys);
            each?.Invoke(row);
        }

        return finder.Find();
    }

    /// <summary>The rows that were compared, with their numbers.</summary>
    /// <param name="rows">How many there were.</param>
    /// <exception cref="DataException">There are more now.</exception>
    public IEnumerable<(int Number, DataRow Row)> ReadAgain(int rows)
    {
        int number = 0;
        foreach ((_, DataRow row) in new RowStream(files, reading, isTolerant: true).Read().Where(read => IsSound(read.Row)))
        {
            cancellation.ThrowIfCancellationRequested();
            if (number >= rows)
            {
                throw new DataException($"{row.File} has grown while it was read; try again.");
            }

            yield return (number++, row);
        }
    }

    private bool IsSound(DataRow row)
    {
        try
        {
            _text.Of(row);
            return true;
        }
        catch (DataException error) when (error.Line is not null)
        {
            return false;
        }
    }
}
