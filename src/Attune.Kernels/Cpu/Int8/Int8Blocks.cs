using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Int8;

/// <summary>Blocks of numbers along the summed dimension as 8-bit codes.</summary>
internal static unsafe class Int8Blocks
{
    /// <summary>Numbers of a block.</summary>
    public const int Codes = Int8Arguments.BlockCodes;

    /// <summary>What unsigned codes have more than they stand for.</summary>
    private const int Zero = 128;

    private const int PanelRows = PanelLayout.PanelRows;
    private static readonly PanelLayout Plain = new(DType.F32, DType.F32, Codes);

    /// <summary>Steps that hold <paramref name="codes"/> codes.</summary>
    public static int StepsOf(int codes) => (int)(((long)codes + Int8Arguments.StepCodes - 1) / Int8Arguments.StepCodes);

    /// <summary>Blocks that hold <paramref name="steps"/> steps.</summary>
    public static int Count(int steps) => (steps + Int8Arguments.BlockSteps - 1) / Int8Arguments.BlockSteps;

    /// <summary>Reads a block of a row of a matrix; what it has not is 0. Returns the numbers it has.</summary>
    public static int Read(in MatrixView matrix, int row, int column, float* values)
    {
        int count = Math.Min(Codes, matrix.Columns - column);
        PackedElements.ToStorage(matrix.At(row, column), matrix.DType, matrix.ColumnStride, count, (byte*)values, Plain);
        new Span<float>(values + count, Codes - count).Clear();
        return count;
    }

    /// <summary>The largest magnitude of a block, after its numbers were multiplied by <paramref name="scales"/>, if there are any; NaN if one is.</summary>
    [MethodImpl(Compile.Loop)]
    public static float LargestMagnitude(float* values, float* scales = null)
    {
        Vector512<float> largest = Vector512<float>.Zero;
        Vector512<float> other = Vector512<float>.Zero;
        for (int i = 0; i < Codes; i += 2 * Vector512<float>.Count)
        {
            Vector512<float> lower = Vector512.Load(values + i);
            Vector512<float> upper = Vector512.Load(values + i + Vector512<float>.Count);
            if (scales != null)
            {
                lower *= Vector512.Load(scales + i);
                upper *= Vector512.Load(scales + i + Vector512<float>.Count);
                lower.Store(values + i);
                upper.Store(values + i + Vector512<float>.Count);
            }

            largest = Vector512.Max(largest, Vector512.Abs(lower));
            other = Vector512.Max(other, Vector512.Abs(upper));
        }

        largest = Vector512.Max(largest, other);
        Vector256<float> half = Vector256.Max(largest.GetLower(), largest.GetUpper());
        Vector128<float> quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        return MathF.Max(MathF.Max(quarter[0], quarter[1]), MathF.Max(quarter[2], quarter[3]));
    }

    /// <summary>Writes a block as unsigned codes of 127 x / (the largest magnitude), to nearest, ties to even, and returns the scale that takes them back.</summary>
    [MethodImpl(Compile.Loop)]
    public static float Quantize(float* values, float* scales, byte* codes)
    {
        float largest = LargestMagnitude(values, scales);
        Vector512<float> factor = Vector512.Create(largest > 0 ? sbyte.MaxValue / largest : 0);
        for (int i = 0; i < Codes; i += Vector512<byte>.Count)
        {
            Vector512<short> lower = Vector512.Narrow(Code(values + i, factor), Code(values + i + 16, factor));
            Vector512<short> upper = Vector512.Narrow(Code(values + i + 32, factor), Code(values + i + 48, factor));
            Vector512.Narrow(lower, upper).AsByte().Store(codes + i);
        }

        return largest / sbyte.MaxValue;
    }

    /// <summary>Writes -128 times the sum of each column's codes, block by block: what the 128 of the other operand's codes would add.</summary>
    [MethodImpl(Compile.Loop)]
    public static void Correct(byte* panel, int steps, int* corrections, nint stride)
    {
        for (int step = 0; step < steps; corrections = (int*)((byte*)corrections + stride))
        {
            Vector512<int> sum = Vector512<int>.Zero;
            for (int end = Math.Min(steps, step + Int8Arguments.BlockSteps); step < end; step++)
            {
                Vector512<int> codes = Vector512.Load((int*)(panel + ((nint)step * PanelLayout.StepBytes)));
                sum += (codes << 24 >> 24) + (codes << 16 >> 24) + (codes << 8 >> 24) + (codes >> 24);
            }

            (sum * -Zero).Store(corrections);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Code(float* values, Vector512<float> factor) =>
        Vector512.ConvertToInt32Native(Vector512.Round(Vector512.Load(values) * factor)) + Vector512.Create(Zero);
}
