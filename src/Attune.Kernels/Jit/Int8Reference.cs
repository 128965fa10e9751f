using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Jit;

/// <summary>What the int8 product kernels compute, to the last bit, in plain C#: for processors without VPDPBUSD, and for the emitted kernels to be compared with.</summary>
internal static unsafe class Int8Reference
{
    private const int PanelColumns = GemmReference.PanelColumns;

    /// <summary>Computes <see cref="GemmArguments.Tiles"/> tiles; the arguments are changed.</summary>
    [SkipLocalsInit]
    public static void Run(Int8Arguments* arguments, int rows, int panels, GemmKernelFlags flags)
    {
        GemmArguments* product = &arguments->Product;
        float* sums = stackalloc float[rows * panels * PanelColumns];
        for (; product->Tiles > 0; product->Tiles--)
        {
            for (int row = 0; row < rows; row++)
            {
                var scales = (float*)((byte*)arguments->RowScales + (row * arguments->RowScaleStride));
                for (int panel = 0; panel < panels; panel++)
                {
                    Vector512<float> sum = Sum(product->A + (row * product->AStride), scales, arguments, panel);
                    sum = Add(sum, (float*)(product->AddedA + (row * product->AddedAStride)), (float*)(product->AddedB + (panel * product->AddedPanelStride)), product->AddedSteps);
                    sum.Store(sums + (((row * panels) + panel) * PanelColumns));
                }
            }

            GemmReference.Finish(sums, product, rows, panels, flags);
            product->A += product->AStride * rows;
            product->AddedA += product->AddedAStride * rows;
            product->C += product->CStride * rows;
            product->Addend += product->AddendStride * rows;
            arguments->RowScales = (float*)((byte*)arguments->RowScales + (rows * arguments->RowScaleStride));
        }
    }

    [MethodImpl(Compile.Loop)]
    private static Vector512<float> Sum(byte* a, float* scales, Int8Arguments* arguments, int panel)
    {
        byte* b = arguments->Product.B + (panel * arguments->Product.PanelStride);
        var correction = (byte*)(arguments->Corrections + (panel * PanelColumns));
        Vector512<float> sum = Vector512<float>.Zero;
        for (nint step = 0; step < arguments->Product.Steps; correction += arguments->CorrectionStride, scales++)
        {
            Vector512<int> block = Vector512.Load((int*)correction);
            nint end = nint.Min(step + Int8Arguments.BlockSteps, arguments->Product.Steps);
            for (; step < end; step++)
            {
                Vector512<int> codes = Vector512.Load((int*)(b + (step * GemmReference.StepBytes)));
                byte* left = a + (step * Int8Arguments.StepCodes);
                block += ((codes << 24 >> 24) * left[0]) + ((codes << 16 >> 24) * left[1]) + ((codes << 8 >> 24) * left[2]) + ((codes >> 24) * left[3]);
            }

            sum = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(block), Vector512.Create(*scales), sum);
        }

        return sum * Vector512.Load(arguments->ColumnScales + (panel * PanelColumns));
    }

    /// <summary>Goes on with the sums of the added product, whose operands are fp32.</summary>
    public static Vector512<float> Add(Vector512<float> sum, float* a, float* b, nint steps)
    {
        for (nint step = 0; step < steps; step++)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Create(a[step]), Vector512.Load(b + (step * PanelColumns)), sum);
        }

        return sum;
    }
}
