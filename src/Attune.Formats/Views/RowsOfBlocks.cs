using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>Rows of a matrix of few bits, in any order.</summary>
internal sealed class RowsOfBlocks(IBlockMatrix inner, int rows, Func<int, int> innerRow) : IBlockMatrix
{
    public int Rows => rows;

    public int Columns => inner.Columns;

    public BlockFormat Format => inner.Format;

    public void ReadRows(int firstRow, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        int blocks = Columns / BlockFormat.BlockElements;
        for (int row = 0; row < codes.Length / Columns; row++)
        {
            inner.ReadRows(innerRow(firstRow + row), codes.Slice(row * Columns, Columns), scales.Slice(row * blocks, blocks), offsets.Slice(row * blocks, blocks));
        }
    }
}
