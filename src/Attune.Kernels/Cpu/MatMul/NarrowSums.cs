using System.Runtime.Intrinsics;
using Attune.Kernels.Jit;

namespace Attune.Kernels.Cpu.MatMul;

/// <summary>Adds the sums of the parts of a <see cref="NarrowProduct"/> in order, and stores them: an index is a tile of columns.</summary>
internal readonly unsafe struct NarrowSums(float* sums, int parts, int panels, int tiles, MatrixView c, float alpha, bool accumulate) : IJob
{
    private const int TileColumns = NarrowProductEmitter.TileColumns;
    private const int TileSums = NarrowProductEmitter.MaxRows * TileColumns;

    public void Execute(int index, int worker)
    {
        float* tile = stackalloc float[2 * TileSums];
        float* turned = tile + TileSums;
        int columns = Math.Min(TileColumns, c.Columns - (index * TileColumns));
        for (int panel = 0; panel < panels; panel++)
        {
            int firstRow = panel * NarrowProductEmitter.MaxRows;
            int rows = Math.Min(NarrowProductEmitter.MaxRows, c.Rows - firstRow);
            Add(panel, index, rows, tile);
            if (c.ColumnStride != 1)
            {
                // A narrow right operand: C is the transpose, whose rows are the tile's columns.
                WordTranspose.Run((uint*)tile, TileColumns, (uint*)turned, TileColumns, NarrowProductEmitter.MaxRows, TileColumns);
                for (int i = 0; i < columns; i++)
                {
                    Store((float*)c.At(firstRow, (index * (long)TileColumns) + i), c.RowStride, turned + (i * TileColumns), rows);
                }

                continue;
            }

            for (int row = 0; row < rows; row++)
            {
                Store((float*)c.At(firstRow + row, index * (long)TileColumns), 1, tile + (row * TileColumns), columns);
            }
        }
    }

    private void Add(int panel, int index, int rows, float* tile)
    {
        nint part = (nint)panels * tiles * TileSums;
        float* first = sums + ((((nint)panel * tiles) + index) * TileSums);
        for (int i = 0; i < rows * TileColumns; i += Vector512<float>.Count)
        {
            Vector512<float> sum = Vector512.Load(first + i);
            for (int p = 1; p < parts; p++)
            {
                sum += Vector512.Load(first + (p * part) + i);
            }

            (sum * Vector512.Create(alpha)).Store(tile + i);
        }
    }

    private void Store(float* target, long stride, float* values, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ref float place = ref target[i * stride];
            place = accumulate ? place + values[i] : values[i];
        }
    }
}
