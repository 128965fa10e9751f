using Attune.Data.Rows;

namespace Attune.Data.Inspection;

/// <summary>Where each row stands, in four bytes a row.</summary>
internal sealed class RowPlaces(IReadOnlyList<DataFile> files)
{
    private readonly List<uint> _lines = [];
    private readonly List<int> _firstOfFile = [];

    public void Add(int file, long line)
    {
        while (_firstOfFile.Count <= file)
        {
            _firstOfFile.Add(_lines.Count);
        }

        _lines.Add((uint)Math.Min(line, uint.MaxValue));
    }

    public RowPlace this[int row] => new(files[_firstOfFile.FindLastIndex(first => first <= row)].Name, _lines[row]);
}
