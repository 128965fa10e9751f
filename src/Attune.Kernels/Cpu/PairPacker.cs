using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>
/// Packs both operands of a weight's gradient dY^T x as pairs of bf16, in strips of 32 rows of dY and x, which are summed over: a strip is read from its first column to its last, as it lies
/// in memory. The panels of one operand, or rows of the other, taken one after the other as <see cref="PanelPacker"/> does, are columns, of which every number lies in another line.
/// </summary>
internal static unsafe class PairPacker
{
    /// <summary>Steps of a strip, 32 rows: what is written of a row of the left operand is a cache line.</summary>
    public const int StripSteps = 16;

    /// <summary>Columns that are packed together: a cache line of bf16.</summary>
    public const int BlockColumns = 2 * PanelLayout.PanelRows;

    /// <summary>Whether a matrix [N, K] is one whose columns lie row by row, and strips of it can be packed.</summary>
    public static bool Fits(in MatrixView matrix, PanelLayout layout) =>
        Avx512BW.IsSupported && matrix.RowStride == 1 && matrix.DType != DType.F16 && layout.Storage == DType.BF16 && matrix.Columns == layout.Depth;

    /// <summary>Packs some steps of panels.</summary>
    /// <param name="weight">The matrix [N, K].</param>
    /// <param name="target">Its panels.</param>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="endPanel">Panel behind the last.</param>
    /// <param name="firstStep">First step of the strip, which has <see cref="StripSteps"/> or as many as there are.</param>
    public static void PackPanels(in MatrixView weight, PackedPanels target, int firstPanel, int endPanel, int firstStep)
    {
        PanelLayout layout = target.Layout;
        bool isWhole = IsWhole(layout, firstStep);
        for (int panel = firstPanel; panel < endPanel;)
        {
            int row = panel * PanelLayout.PanelRows;
            byte* start = target.Panel(panel) + ((nint)firstStep * PanelLayout.StepBytes);
            if (isWhole && panel + 1 < endPanel && row + BlockColumns <= weight.Rows)
            {
                Interleave(weight, row, firstStep, start, start + layout.PanelBytes);
                panel += 2;
            }
            else
            {
                PanelPacker.Pack(weight, row, layout, target.Panel(panel), firstStep, Math.Min(layout.Steps, firstStep + StripSteps));
                panel++;
            }
        }
    }

    /// <summary>Writes some steps of rows, row-major.</summary>
    /// <param name="matrix">The matrix [M, K].</param>
    /// <param name="layout">Storage and precision, for the matrix's K.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="endRow">Row behind the last.</param>
    /// <param name="firstStep">First step of the strip.</param>
    /// <param name="target">First row written, from its first step on.</param>
    /// <param name="targetStride">Bytes from a written row to the next, a multiple of 4.</param>
    [SkipLocalsInit]
    public static void PackRows(in MatrixView matrix, PanelLayout layout, int firstRow, int endRow, int firstStep, byte* target, nint targetStride)
    {
        uint* words = stackalloc uint[2 * StripSteps * PanelLayout.PanelRows];
        uint* upper = words + (StripSteps * PanelLayout.PanelRows);
        bool isWhole = IsWhole(layout, firstStep);
        for (int row = firstRow; row < endRow;)
        {
            byte* start = target + ((row - firstRow) * targetStride);
            if (isWhole && row + BlockColumns <= endRow)
            {
                var steps = (uint*)start + firstStep;
                nint stride = targetStride / sizeof(uint);
                Interleave(matrix, row, firstStep, (byte*)words, (byte*)upper);
                WordTranspose.Run(words, PanelLayout.PanelRows, steps, stride, StripSteps, PanelLayout.PanelRows);
                WordTranspose.Run(upper, PanelLayout.PanelRows, steps + (PanelLayout.PanelRows * stride), stride, StripSteps, PanelLayout.PanelRows);
                row += BlockColumns;
            }
            else
            {
                int rows = Math.Min(PanelLayout.PanelRows, endRow - row);
                PanelPacker.PackRows(matrix, row, rows, layout, start, targetStride, firstStep, Math.Min(layout.Steps, firstStep + StripSteps));
                row += rows;
            }
        }
    }

    private static bool IsWhole(PanelLayout layout, int firstStep) => (firstStep + StripSteps) * layout.StepElements <= layout.Depth;

    /// <summary>A strip of 32 columns as pairs: 16 steps of 16 columns each. The next strip, which is mostly the same thread's, is fetched meanwhile: a strip has more rows than the processor follows.</summary>
    private static void Interleave(in MatrixView matrix, int row, int firstStep, byte* lower, byte* upper)
    {
        byte* source = matrix.At(row, 2L * firstStep);
        nint stride = (nint)(matrix.ColumnStride * matrix.DType.SizeInBytes);
        if (matrix.DType == DType.BF16)
        {
            InterleavePairs(source, stride, lower, upper);
        }
        else
        {
            RoundPairs(source, stride, lower, upper);
        }
    }

    private static void InterleavePairs(byte* source, nint stride, byte* lower, byte* upper)
    {
        // Column i of the two rows, then that of 16 columns further on.
        Vector512<uint> pairs = Vector512<uint>.Indices * Vector512.Create(0x0001_0001u);
        Vector512<ushort> first = (pairs + Vector512.Create(0x0020_0000u)).AsUInt16();
        Vector512<ushort> second = (pairs + Vector512.Create(0x0030_0010u)).AsUInt16();
        nint next = 2 * StripSteps * stride;
        for (int step = 0; step < StripSteps * PanelLayout.StepBytes; step += PanelLayout.StepBytes)
        {
            Sse.Prefetch1(source + next);
            Sse.Prefetch1(source + stride + next);
            Vector512<ushort> even = Vector512.Load((ushort*)source);
            Vector512<ushort> odd = Vector512.Load((ushort*)(source + stride));
            Avx512BW.PermuteVar32x16x2(even, first, odd).Store((ushort*)(lower + step));
            Avx512BW.PermuteVar32x16x2(even, second, odd).Store((ushort*)(upper + step));
            source += 2 * stride;
        }
    }

    private static void RoundPairs(byte* source, nint stride, byte* lower, byte* upper)
    {
        const int Half = PanelLayout.PanelRows * sizeof(float);
        nint next = 2 * StripSteps * stride;
        for (int step = 0; step < StripSteps * PanelLayout.StepBytes; step += PanelLayout.StepBytes)
        {
            Sse.Prefetch1(source + next);
            Sse.Prefetch1(source + next + Half);
            Sse.Prefetch1(source + stride + next);
            Sse.Prefetch1(source + stride + next + Half);
            RoundPair(source, source + stride).Store((uint*)(lower + step));
            RoundPair(source + Half, source + stride + Half).Store((uint*)(upper + step));
            source += 2 * stride;
        }
    }

    private static Vector512<uint> RoundPair(byte* first, byte* second) =>
        PackedElements.LoadBF16(first, DType.F32) | (PackedElements.LoadBF16(second, DType.F32) << 16);
}
