using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Kernels.Cpu;

/// <summary>Transposes matrices of 32-bit words: fp32 numbers, or pairs of bf16.</summary>
internal static unsafe class WordTranspose
{
    private const int Block = 8;
    private const int WideBlock = 16;

    /// <summary>target[c, r] = source[r, c]; strides in words.</summary>
    public static void Run(uint* source, nint sourceStride, uint* target, nint targetStride, int rows, int columns)
    {
        int wideRows = Avx512F.IsSupported ? rows / WideBlock * WideBlock : 0;
        int wideColumns = Avx512F.IsSupported ? columns / WideBlock * WideBlock : 0;
        for (int row = 0; row < wideRows; row += WideBlock)
        {
            for (int column = 0; column < wideColumns; column += WideBlock)
            {
                TransposeWideBlock<CachedStore>(source + (row * sourceStride) + column, sourceStride, target + (column * targetStride) + row, targetStride);
            }
        }

        RunBlocks(source + wideColumns, sourceStride, target + (wideColumns * targetStride), targetStride, wideRows, columns - wideColumns);
        RunBlocks(source + (wideRows * sourceStride), sourceStride, target + wideRows, targetStride, rows - wideRows, columns);
    }

    /// <summary>Writes a panel of 16 rows of words that lie one after the other, past the caches: products read it much later, and its old content would be fetched to be written over.</summary>
    public static void ToPanel(uint* source, int steps, uint* panel)
    {
        int step = 0;
        for (; step <= steps - WideBlock && Avx512F.IsSupported; step += WideBlock)
        {
            TransposeWideBlock<StreamingStore>(source + step, steps, panel + (step * WideBlock), WideBlock);
        }

        Run(source + step, steps, panel + (step * WideBlock), WideBlock, WideBlock, steps - step);
        if (Sse.IsSupported)
        {
            // Such stores are not in order with those that tell other threads.
            Sse.StoreFence();
        }
    }

    /// <summary>Stores the transpose of the 4 x 4 quarters (128 bits) of four vectors, one vector each <paramref name="stride"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuarters(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d, byte* target, nint stride) =>
        StoreQuarters<CachedStore>(a, b, c, d, target, stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreQuarters<TStore>(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d, byte* target, nint stride)
        where TStore : struct, IStore
    {
        const byte LowHalves = 0x44;
        const byte HighHalves = 0xEE;
        const byte Even = 0x88;
        const byte Odd = 0xDD;
        Vector512<ulong> lowerLeft = Avx512F.Shuffle4x128(a, b, LowHalves);
        Vector512<ulong> lowerRight = Avx512F.Shuffle4x128(c, d, LowHalves);
        Vector512<ulong> upperLeft = Avx512F.Shuffle4x128(a, b, HighHalves);
        Vector512<ulong> upperRight = Avx512F.Shuffle4x128(c, d, HighHalves);
        TStore.Store(Avx512F.Shuffle4x128(lowerLeft, lowerRight, Even), (ulong*)target);
        TStore.Store(Avx512F.Shuffle4x128(lowerLeft, lowerRight, Odd), (ulong*)(target + stride));
        TStore.Store(Avx512F.Shuffle4x128(upperLeft, upperRight, Even), (ulong*)(target + (2 * stride)));
        TStore.Store(Avx512F.Shuffle4x128(upperLeft, upperRight, Odd), (ulong*)(target + (3 * stride)));
    }

    private static void RunBlocks(uint* source, nint sourceStride, uint* target, nint targetStride, int rows, int columns)
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

    /// <summary>Four rows at a time become quarters of four numbers of one column each; then the quarters of 16 rows are put in order.</summary>
    private static void TransposeWideBlock<TStore>(uint* source, nint sourceStride, uint* target, nint targetStride)
        where TStore : struct, IStore
    {
        (Vector512<ulong> a0, Vector512<ulong> a1, Vector512<ulong> a2, Vector512<ulong> a3) = FourRows(source, sourceStride);
        (Vector512<ulong> b0, Vector512<ulong> b1, Vector512<ulong> b2, Vector512<ulong> b3) = FourRows(source + (4 * sourceStride), sourceStride);
        (Vector512<ulong> c0, Vector512<ulong> c1, Vector512<ulong> c2, Vector512<ulong> c3) = FourRows(source + (8 * sourceStride), sourceStride);
        (Vector512<ulong> d0, Vector512<ulong> d1, Vector512<ulong> d2, Vector512<ulong> d3) = FourRows(source + (12 * sourceStride), sourceStride);
        nint bytes = targetStride * sizeof(uint);
        StoreQuarters<TStore>(a0, b0, c0, d0, (byte*)target, 4 * bytes);
        StoreQuarters<TStore>(a1, b1, c1, d1, (byte*)target + bytes, 4 * bytes);
        StoreQuarters<TStore>(a2, b2, c2, d2, (byte*)target + (2 * bytes), 4 * bytes);
        StoreQuarters<TStore>(a3, b3, c3, d3, (byte*)target + (3 * bytes), 4 * bytes);
    }

    /// <summary>Four rows of 16 words: the quarters of vector i are columns i, 4 + i, 8 + i and 12 + i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<ulong> First, Vector512<ulong> Second, Vector512<ulong> Third, Vector512<ulong> Fourth) FourRows(uint* source, nint stride)
    {
        Vector512<uint> r0 = Vector512.Load(source);
        Vector512<uint> r1 = Vector512.Load(source + stride);
        Vector512<uint> r2 = Vector512.Load(source + (2 * stride));
        Vector512<uint> r3 = Vector512.Load(source + (3 * stride));
        Vector512<ulong> t0 = Avx512F.UnpackLow(r0, r1).AsUInt64();
        Vector512<ulong> t1 = Avx512F.UnpackLow(r2, r3).AsUInt64();
        Vector512<ulong> t2 = Avx512F.UnpackHigh(r0, r1).AsUInt64();
        Vector512<ulong> t3 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
        return (Avx512F.UnpackLow(t0, t1), Avx512F.UnpackHigh(t0, t1), Avx512F.UnpackLow(t2, t3), Avx512F.UnpackHigh(t2, t3));
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

    /// <summary>How a line is written.</summary>
    private interface IStore
    {
        static abstract void Store(Vector512<ulong> line, ulong* target);
    }

    private readonly struct CachedStore : IStore
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<ulong> line, ulong* target) => line.Store(target);
    }

    private readonly struct StreamingStore : IStore
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<ulong> line, ulong* target) => line.StoreAlignedNonTemporal(target);
    }
}
