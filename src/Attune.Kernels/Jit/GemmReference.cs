using Attune.Tensors;

namespace Attune.Kernels.Jit;

/// <summary>What the matrix-product kernels compute, in plain C#: the emitted ones are compared with it.</summary>
internal static unsafe class GemmReference
{
    /// <summary>Columns of a panel.</summary>
    public const int PanelColumns = 16;

    /// <summary>Bytes of a panel per step along K.</summary>
    public const int StepBytes = PanelColumns * sizeof(float);

    /// <summary>Computes the tiles of <paramref name="arguments"/> with sums in double precision.</summary>
    public static void Run(GemmArguments* arguments, DType storage, int rows, int panels, GemmKernelFlags flags)
    {
        float* sums = stackalloc float[rows * panels * PanelColumns];
        for (; arguments->Tiles > 0; arguments->Tiles--)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < panels * PanelColumns; column++)
                {
                    byte* panel = arguments->B + (arguments->PanelStride * (column / PanelColumns));
                    byte* addedPanel = arguments->AddedB + (arguments->AddedPanelStride * (column / PanelColumns));
                    sums[(row * panels * PanelColumns) + column] = (float)(
                        Sum(arguments->A + (arguments->AStride * row), panel, column % PanelColumns, arguments->Steps, storage)
                        + Sum(arguments->AddedA + (arguments->AddedAStride * row), addedPanel, column % PanelColumns, arguments->AddedSteps, storage));
                }
            }

            Finish(sums, arguments, rows, panels, flags);
            arguments->A += arguments->AStride * rows;
            arguments->AddedA += arguments->AddedAStride * rows;
            arguments->C += arguments->CStride * rows;
            arguments->Addend += arguments->AddendStride * rows;
        }
    }

    /// <summary>Applies alpha, bias, addend and conversion to the sums of one tile and stores them in C.</summary>
    public static void Finish(float* sums, GemmArguments* arguments, int rows, int panels, GemmKernelFlags flags)
    {
        int columns = panels * PanelColumns;
        int stored = (flags & GemmKernelFlags.Masked) == 0
            ? columns
            : columns - PanelColumns + System.Numerics.BitOperations.PopCount(arguments->ColumnMask);
        for (int row = 0; row < rows; row++)
        {
            byte* target = arguments->C + (arguments->CStride * row);
            byte* addend = arguments->Addend + (arguments->AddendStride * row);
            for (int column = 0; column < stored; column++)
            {
                float value = Scale(sums[(row * columns) + column], arguments, column, flags);
                if ((flags & GemmKernelFlags.AddF32) != 0)
                {
                    value += ((float*)addend)[column];
                }
                else if ((flags & GemmKernelFlags.AddBF16) != 0)
                {
                    value += BFloat16.ToSingle(((ushort*)addend)[column]);
                }

                if ((flags & GemmKernelFlags.StoreBF16) != 0)
                {
                    ((ushort*)target)[column] = BFloat16.FromSingle(value);
                }
                else
                {
                    ((float*)target)[column] = value;
                }
            }
        }
    }

    private static float Scale(float sum, GemmArguments* arguments, int column, GemmKernelFlags flags) =>
        (flags & (GemmKernelFlags.Alpha | GemmKernelFlags.Bias)) switch
        {
            GemmKernelFlags.Alpha | GemmKernelFlags.Bias => MathF.FusedMultiplyAdd(sum, arguments->Alpha, arguments->Bias[column]),
            GemmKernelFlags.Alpha => sum * arguments->Alpha,
            GemmKernelFlags.Bias => sum + arguments->Bias[column],
            _ => sum,
        };

    private static double Sum(byte* a, byte* panel, int column, nint steps, DType storage)
    {
        double sum = 0;
        for (nint step = 0; step < steps; step++)
        {
            byte* left = a + (step * sizeof(float));
            byte* right = panel + (step * StepBytes) + (column * sizeof(float));
            if (storage == DType.BF16)
            {
                sum += (double)BFloat16.ToSingle(((ushort*)left)[0]) * BFloat16.ToSingle(((ushort*)right)[0]);
                sum += (double)BFloat16.ToSingle(((ushort*)left)[1]) * BFloat16.ToSingle(((ushort*)right)[1]);
            }
            else
            {
                sum += (double)*(float*)left * *(float*)right;
            }
        }

        return sum;
    }
}
