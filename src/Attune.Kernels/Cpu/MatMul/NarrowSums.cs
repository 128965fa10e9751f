using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Jit;

namespace Attune.Kernels.Cpu.MatMul;

/// <summary>Stores the sums of a <see cref="NarrowProduct"/>, tile by tile.</summary>
/// <param name="c">The result.</param>
/// <param name="alpha">Factor of the sums.</param>
/// <param name="accumulate">Whether the result is added to.</param>
/// <param name="isPaired">Whether columns lie in the order of pairs.</param>
internal readonly unsafe struct NarrowSums(MatrixView c, float alpha, bool accumulate, bool isPaired)
{
    private const int TileColumns = NarrowProductEmitter.TileColumns;
    private const int Half = TileColumns / 2;

    /// <summary>Stores a tile.</summary>
    /// <param name="sums"><see cref="TileColumns"/> numbers for each row of the result; they are lost.</param>
    /// <param name="firstColumn">The column of the result where it belongs.</param>
    public void Store(float* sums, int firstColumn)
    {
        int rows = c.Rows;
        int columns = Math.Min(TileColumns, c.Columns - firstColumn);
        for (int row = 0; row < rows; row++)
        {
            Finish(sums + (row * TileColumns));
        }

        if (c.ColumnStride == 1)
        {
            for (int row = 0; row < rows; row++)
            {
                Store((float*)c.At(row, firstColumn), 1, sums + (row * TileColumns), columns);
            }

            return;
        }

        // A narrow right operand: C is the transpose, whose rows are the tile's columns.
        float* turned = stackalloc float[TileColumns * NarrowProductEmitter.MaxRows];
        WordTranspose.Run((uint*)sums, TileColumns, (uint*)turned, NarrowProductEmitter.MaxRows, rows, TileColumns);
        for (int column = 0; column < columns; column++)
        {
            Store((float*)c.At(0, firstColumn + column), c.RowStride, turned + (column * NarrowProductEmitter.MaxRows), rows);
        }
    }

    /// <summary>Multiplies a row by alpha and puts its columns in order.</summary>
    private void Finish(float* row)
    {
        Vector512<float> low = Vector512.Load(row) * alpha;
        Vector512<float> high = Vector512.Load(row + Half) * alpha;
        if (isPaired)
        {
            (low, high) = (
                Avx512F.PermuteVar16x32x2(low, Vector512.Create(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23), high),
                Avx512F.PermuteVar16x32x2(low, Vector512.Create(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31), high));
        }

        low.Store(row);
        high.Store(row + Half);
    }

    private void Store(float* target, long stride, float* values, int count)
    {
        int i = 0;
        if (stride == 1)
        {
            for (; i <= count - Half; i += Half)
            {
                Vector512<float> sums = Vector512.Load(values + i);
                (accumulate ? sums + Vector512.Load(target + i) : sums).Store(target + i);
            }
        }

        for (; i < count; i++)
        {
            ref float place = ref target[i * stride];
            place = accumulate ? place + values[i] : values[i];
        }
    }
}
