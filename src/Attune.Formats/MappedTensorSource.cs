using System.Diagnostics.CodeAnalysis;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>The tensors of another source under other names, some of them with their rows in another order.</summary>
internal sealed class MappedTensorSource : ITensorSource
{
    private readonly ITensorSource _inner;
    private readonly OrderedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public MappedTensorSource(ITensorSource inner)
    {
        _inner = inner;
    }

    public string Location => _inner.Location;

    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Adds a tensor; <paramref name="innerRow"/> gives, for each row, the row of the other source that holds it.</summary>
    public void Add(string name, string innerName, Func<int, int>? innerRow)
    {
        if (!_entries.TryAdd(name, new Entry(_inner.Info(innerName) with { Name = name }, innerName, innerRow)))
        {
            throw ModelFileException.At(Location, $"tensor '{innerName}'", $"a second tensor for '{name}'");
        }
    }

    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        bool found = _entries.TryGetValue(name, out Entry? entry);
        info = entry?.Info;
        return found;
    }

    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        if (!_entries.TryGetValue(name, out Entry? entry))
        {
            throw TensorSources.Missing(this, name);
        }

        if (entry.InnerRow is null)
        {
            _inner.Read(entry.InnerName, byteOffset, destination);
            return;
        }

        TensorSources.RequireInside(this, entry.Info, byteOffset, destination.Length);
        long rowBytes = entry.Info.ByteCount / Math.Max(1, entry.Info.Shape[0]);
        while (!destination.IsEmpty)
        {
            (long row, long column) = Math.DivRem(byteOffset, rowBytes);
            Span<byte> piece = destination[..(int)Math.Min(rowBytes - column, destination.Length)];
            _inner.Read(entry.InnerName, (entry.InnerRow((int)row) * rowBytes) + column, piece);
            byteOffset += piece.Length;
            destination = destination[piece.Length..];
        }
    }

    public IBlockMatrix? TryOpenBlocks(string name) =>
        _entries.TryGetValue(name, out Entry? entry) && _inner.TryOpenBlocks(entry.InnerName) is { } blocks
            ? entry.InnerRow is null ? blocks : new ReorderedBlocks(blocks, entry.InnerRow)
            : null;

    public void Dispose() => _inner.Dispose();

    /// <summary>A matrix of few bits with its rows in another order.</summary>
    private sealed class ReorderedBlocks(IBlockMatrix inner, Func<int, int> innerRow) : IBlockMatrix
    {
        public int Rows => inner.Rows;

        public int Columns => inner.Columns;

        public BlockFormat Format => inner.Format;

        public void ReadRows(int firstRow, Span<byte> codes, Span<float> scales, Span<float> offsets)
        {
            int blocks = Columns / BlockFormat.BlockElements;
            for (int row = 0; row < codes.Length / Columns; row++)
            {
                inner.ReadRows(
                    innerRow(firstRow + row), codes.Slice(row * Columns, Columns), scales.Slice(row * blocks, blocks), offsets.Slice(row * blocks, blocks));
            }
        }
    }

    private sealed record Entry(TensorInfo Info, string InnerName, Func<int, int>? InnerRow);
}
