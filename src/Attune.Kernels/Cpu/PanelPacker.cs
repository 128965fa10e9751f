using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Packs and unpacks single panels, on the calling thread.</summary>
public static unsafe class PanelPacker
{
    private const int PanelRows = PanelLayout.PanelRows;

    /// <summary>Steps that are converted at a time: 64 KB of 16 rows, which stay near, and long enough for rows to be read as they lie in memory.</summary>
    private const int ChunkSteps = 1024;

    /// <summary>Packs the 16 rows of a weight W [N, K] from <paramref name="firstRow"/> on; those beyond N become 0.</summary>
    /// <param name="weight">The weight; a transposed view of [K, N] packs as fast.</param>
    /// <param name="firstRow">First row of the panel.</param>
    /// <param name="layout">The layout, for the weight's K.</param>
    /// <param name="panel"><see cref="PanelLayout.PanelBytes"/> bytes.</param>
    public static void Pack(in MatrixView weight, int firstRow, PanelLayout layout, byte* panel) => Pack(weight, firstRow, layout, panel, 0, layout.Steps);

    /// <summary>The same for some steps of a panel.</summary>
    [SkipLocalsInit]
    internal static void Pack(in MatrixView weight, int firstRow, PanelLayout layout, byte* panel, int firstStep, int endStep)
    {
        int rows = Math.Min(PanelRows, weight.Rows - firstRow);
        uint* words = stackalloc uint[PanelRows * ChunkSteps];
        for (int step = firstStep; step < endStep; step += ChunkSteps)
        {
            int steps = Math.Min(ChunkSteps, endStep - step);
            var target = (uint*)(panel + ((nint)step * PanelLayout.StepBytes));
            if (weight.RowStride == 1 && rows == PanelRows && weight.DType != DType.F16)
            {
                Interleave(weight, firstRow, step, steps, layout, target);
                continue;
            }

            int column = step * layout.StepElements;
            int columns = Math.Min(steps * layout.StepElements, layout.Depth - column);
            bool direct = weight.ColumnStride == 1 && rows == PanelRows && columns == steps * layout.StepElements
                && weight.DType == layout.Storage && layout.Precision == layout.Storage && weight.RowStride % layout.StepElements == 0;
            if (direct)
            {
                WordTranspose.Run((uint*)weight.At(firstRow, column), (nint)(weight.RowStride / layout.StepElements), target, PanelRows, PanelRows, steps);
                continue;
            }

            Convert(weight, firstRow, rows, column, columns, steps, layout, words);
            WordTranspose.Run(words, ChunkSteps, target, PanelRows, PanelRows, steps);
        }
    }

    /// <summary>Writes 16 rows of a matrix whose rows are not side by side along K, such as a transposed one, row-major in a layout's storage.</summary>
    /// <param name="matrix">The matrix [M, K].</param>
    /// <param name="firstRow">First row; fewer than 16 are written at the end of the matrix.</param>
    /// <param name="layout">Storage and precision, for the matrix's K; what is missing of the last steps becomes 0.</param>
    /// <param name="target">First row written.</param>
    /// <param name="targetStride">Bytes from a written row to the next, a multiple of 4.</param>
    public static void PackRows(in MatrixView matrix, int firstRow, PanelLayout layout, byte* target, nint targetStride) =>
        PackRows(matrix, firstRow, Math.Min(PanelRows, matrix.Rows - firstRow), layout, target, targetStride, 0, layout.Steps);

    /// <summary>The same for up to 16 rows and some steps of them.</summary>
    [SkipLocalsInit]
    internal static void PackRows(in MatrixView matrix, int firstRow, int rows, PanelLayout layout, byte* target, nint targetStride, int firstStep, int endStep)
    {
        if (matrix.RowStride != 1 || rows < PanelRows || matrix.DType == DType.F16)
        {
            int column = firstStep * layout.StepElements;
            int end = endStep * layout.StepElements;
            int columns = Math.Min(end, layout.Depth) - column;
            for (int row = 0; row < rows; row++)
            {
                byte* start = target + (row * targetStride) + ((nint)firstStep * sizeof(uint));
                PackedElements.ToStorage(matrix.At(firstRow + row, column), matrix.DType, matrix.ColumnStride, columns, start, layout);

                // Pairs have padding, fp32 has none.
                new Span<ushort>((ushort*)start + columns, end - column - columns).Clear();
            }

            return;
        }

        uint* words = stackalloc uint[PanelRows * ChunkSteps];
        for (int step = firstStep; step < endStep; step += ChunkSteps)
        {
            int steps = Math.Min(ChunkSteps, endStep - step);
            Interleave(matrix, firstRow, step, steps, layout, words);
            WordTranspose.Run(words, PanelRows, (uint*)target + step, targetStride / sizeof(uint), steps, PanelRows);
        }
    }

    /// <summary>Writes the rows of a panel back.</summary>
    /// <param name="panel">The packed panel.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="firstRow">The row of <paramref name="weight"/> that is the panel's first.</param>
    /// <param name="weight">Where to; rows beyond its last are not written.</param>
    [SkipLocalsInit]
    public static void Unpack(byte* panel, PanelLayout layout, int firstRow, in MatrixView weight)
    {
        int rows = Math.Min(PanelRows, weight.Rows - firstRow);
        uint* words = stackalloc uint[PanelRows * ChunkSteps];
        for (int step = 0; step < layout.Steps; step += ChunkSteps)
        {
            int steps = Math.Min(ChunkSteps, layout.Steps - step);
            WordTranspose.Run((uint*)(panel + ((nint)step * PanelLayout.StepBytes)), PanelRows, words, ChunkSteps, steps, PanelRows);
            int column = step * layout.StepElements;
            int columns = Math.Min(steps * layout.StepElements, layout.Depth - column);
            for (int row = 0; row < rows; row++)
            {
                PackedElements.FromStorage(
                    (byte*)(words + (row * ChunkSteps)), layout.Storage, columns, weight.At(firstRow + row, column), weight.DType, weight.ColumnStride);
            }
        }
    }

    /// <summary>Writes one row of a panel back.</summary>
    internal static void UnpackRow(byte* panel, int row, PanelLayout layout, in MatrixView destination)
    {
        for (int column = 0; column < layout.Depth; column++)
        {
            int element = ((((column / layout.StepElements) * PanelRows) + row) * layout.StepElements) + (column % layout.StepElements);
            PackedElements.Write(destination.Data, destination.DType, column * destination.ColumnStride, PackedElements.Read(panel, layout.Storage, element));
        }
    }

    /// <summary>Converts part of up to 16 rows into rows of <see cref="ChunkSteps"/> words; what is missing becomes 0.</summary>
    private static void Convert(in MatrixView weight, int firstRow, int rows, int column, int columns, int steps, PanelLayout layout, uint* words)
    {
        if (rows < PanelRows || columns < steps * layout.StepElements)
        {
            new Span<uint>(words, PanelRows * ChunkSteps).Clear();
        }

        for (int row = 0; row < rows; row++)
        {
            PackedElements.ToStorage(
                weight.At(firstRow + row, column), weight.DType, weight.ColumnStride, columns, (byte*)(words + (row * ChunkSteps)), layout);
        }
    }

    /// <summary>Packs steps of 16 rows that lie side by side: a pair of bf16 is made of two loads, a shift and an or.</summary>
    private static void Interleave(in MatrixView weight, int firstRow, int firstStep, int steps, PanelLayout layout, uint* target)
    {
        nint stride = (nint)(weight.ColumnStride * weight.DType.SizeInBytes);
        byte* source = weight.At(firstRow, (long)firstStep * layout.StepElements);
        if (layout.Storage == DType.F32)
        {
            for (int step = 0; step < steps; step++)
            {
                PackedElements.LoadF32(source, weight.DType, layout.Precision).Store(target + (step * PanelRows));
                source += stride;
            }

            return;
        }

        int pairs = Math.Min(steps, (layout.Depth / 2) - firstStep);
        for (int step = 0; step < pairs; step++)
        {
            Vector512<uint> first = PackedElements.LoadBF16(source, weight.DType);
            Vector512<uint> second = PackedElements.LoadBF16(source + stride, weight.DType);
            (first | (second << 16)).Store(target + (step * PanelRows));
            source += 2 * stride;
        }

        if (pairs < steps)
        {
            Vector512<uint> half = layout.Depth % 2 == 0 ? default : PackedElements.LoadBF16(source, weight.DType);
            half.Store(target + (pairs * PanelRows));
            new Span<uint>(target + ((pairs + 1) * PanelRows), (steps - pairs - 1) * PanelRows).Clear();
        }
    }
}
