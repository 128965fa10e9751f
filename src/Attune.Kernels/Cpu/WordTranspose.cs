using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Kernels.Cpu;

/// <summary>Transposes matrices of 32-bit words: fp32 numbers, or pairs of bf16.</summary>
internal static unsafe class WordTranspose
{
    private const int Block = 8;

    /// <summary>target[c, r] = source[r, c]; strides in words.</summary>
    public static void Run(uint* source, nint sourceStride, uint* target, nint targetStride, int rows, int columns)
    {
        int blockRows = Avx.IsSupported ? rows / Block * Block : 0;
        int blockColumns = Avx.IsSupported ? columns / Block * Block : 0;
        for (int row = 0; row < blockRows; row += Block)
        {
            for (int column = 0; column < blockColumns; column += Block)
            {
                TransposeBlock((float*)source + (row * sourceStride) + column, sourceStride, (float*)target + (column * targetStride) + row, targetStride);
            }
        }

        RunScalar(source, sourceStride, target, targetStride, 0, blockRows, blockColumns, columns);
        RunScalar(source, sourceStride, target, targetStride, blockRows, rows, 0, columns);
    }

    private static void RunScalar(uint* source, nint sourceStride, uint* target, nint targetStride, int firstRow, int endRow, int firstColumn, int endColumn)
    {
        for (int row = firstRow; row < endRow; row++)
        {
            for (int column = firstColumn; column < endColumn; column++)
            {
                target[(column * targetStride) + row] = source[(row * sourceStride) + column];
            }
        }
    }

    private static void TransposeBlock(float* source, nint sourceStride, float* target, nint targetStride)
    {
        // Rows r and r + 4 share a register, half each: two levels of unpacking then finish the transposition.
        Vector256<float> r0 = LoadHalves(source, 4 * sourceStride);
        Vector256<float> r1 = LoadHalves(source + sourceStride, 4 * sourceStride);
        Vector256<float> r2 = LoadHalves(source + (2 * sourceStride), 4 * sourceStride);
        Vector256<float> r3 = LoadHalves(source + (3 * sourceStride), 4 * sourceStride);
        StoreFour(r0, r1, r2, r3, target, targetStride);
        r0 = LoadHalves(source + 4, 4 * sourceStride);
        r1 = LoadHalves(source + sourceStride + 4, 4 * sourceStride);
        r2 = LoadHalves(source + (2 * sourceStride) + 4, 4 * sourceStride);
        r3 = LoadHalves(source + (3 * sourceStride) + 4, 4 * sourceStride);
        StoreFour(r0, r1, r2, r3, target + (4 * targetStride), targetStride);
    }

    private static Vector256<float> LoadHalves(float* source, nint distance) => Vector256.Create(Vector128.Load(source), Vector128.Load(source + distance));

    private static void StoreFour(Vector256<float> r0, Vector256<float> r1, Vector256<float> r2, Vector256<float> r3, float* target, nint targetStride)
    {
        Vector256<double> t0 = Avx.UnpackLow(r0, r1).AsDouble();
        Vector256<double> t1 = Avx.UnpackLow(r2, r3).AsDouble();
        Vector256<double> t2 = Avx.UnpackHigh(r0, r1).AsDouble();
        Vector256<double> t3 = Avx.UnpackHigh(r2, r3).AsDouble();
        Avx.UnpackLow(t0, t1).AsSingle().Store(target);
        Avx.UnpackHigh(t0, t1).AsSingle().Store(target + targetStride);
        Avx.UnpackLow(t2, t3).AsSingle().Store(target + (2 * targetStride));
        Avx.UnpackHigh(t2, t3).AsSingle().Store(target + (3 * targetStride));
    }
}
