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
    public const int Zero = 128;

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

    /// <summary>Writes -128 times the sum of the codes of four columns, a step of some panels that follow each other.</summary>
    [MethodImpl(Compile.Loop)]
    public static void CorrectRows(byte* panel, nint stride, int panels, int* corrections)
    {
        Vector512<int> first = Vector512<int>.Zero;
        Vector512<int> second = Vector512<int>.Zero;
        Vector512<int> third = Vector512<int>.Zero;
        Vector512<int> fourth = Vector512<int>.Zero;
        for (int i = 0; i < panels; i++)
        {
            Vector512<int> codes = Vector512.Load((int*)(panel + (i * stride)));
            first += codes << 24 >> 24;
            second += codes << 16 >> 24;
            third += codes << 8 >> 24;
            fourth += codes >> 24;
        }

        corrections[0] = -Zero * Vector512.Sum(first);
        corrections[1] = -Zero * Vector512.Sum(second);
        corrections[2] = -Zero * Vector512.Sum(third);
        corrections[3] = -Zero * Vector512.Sum(fourth);
    }
}
