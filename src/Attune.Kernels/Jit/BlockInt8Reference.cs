using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Jit;

/// <summary>What the kernels for products of int8 rows with weights of few bits compute, to the last bit, in plain C#: for processors without VPDPBUSD, and for the emitted kernels to be compared with.</summary>
internal static unsafe class BlockInt8Reference
{
    private const int PanelColumns = GemmReference.PanelColumns;

    /// <summary>Computes <see cref="GemmArguments.Tiles"/> tiles; the arguments are changed.</summary>
    [SkipLocalsInit]
    public static void Run(GemmArguments* arguments, bool hasOffsets, int rows, int panels, GemmKernelFlags flags)
    {
        float* sums = stackalloc float[rows * panels * PanelColumns];
        for (; arguments->Tiles > 0; arguments->Tiles--)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int panel = 0; panel < panels; panel++)
                {
                    Vector512<float> sum = Sum((sbyte*)arguments->A + (row * arguments->AStride), arguments->B + (panel * arguments->PanelStride), arguments->Steps, hasOffsets);
                    var added = (float*)(arguments->AddedA + (row * arguments->AddedAStride));
                    sum = Int8Reference.Add(sum, added, (float*)(arguments->AddedB + (panel * arguments->AddedPanelStride)), arguments->AddedSteps);
                    sum.Store(sums + (((row * panels) + panel) * PanelColumns));
                }
            }

            GemmReference.Finish(sums, arguments, rows, panels, flags);
            arguments->A += arguments->AStride * rows;
            arguments->AddedA += arguments->AddedAStride * rows;
            arguments->C += arguments->CStride * rows;
            arguments->Addend += arguments->AddendStride * rows;
        }
    }

    [MethodImpl(Compile.Loop)]
    private static Vector512<float> Sum(sbyte* row, byte* panel, nint blocks, bool hasOffsets)
    {
        Vector512<float> sum = Vector512<float>.Zero;
        Vector512<uint> mask = Vector512.Create(0xFFu);
        for (nint block = 0; block < blocks; block++, row += BlockInt8Layout.RowBytes, panel += BlockInt8Layout.PanelBytes(hasOffsets))
        {
            Vector512<int> codes = hasOffsets ? Vector512<int>.Zero : Vector512.Create(*(int*)(row + BlockInt8Layout.RowSum));
            for (int step = 0; step < BlockInt8Layout.Steps; step++)
            {
                Vector512<uint> right = Vector512.Load((uint*)(panel + (step * GemmReference.StepBytes)));
                sbyte* left = row + (step * Int8Arguments.StepCodes);
                codes += ((right & mask).AsInt32() * left[0]) + (((right >>> 8) & mask).AsInt32() * left[1]) + (((right >>> 16) & mask).AsInt32() * left[2]) + ((right >>> 24).AsInt32() * left[3]);
            }

            Vector512<float> product = Vector512.ConvertToSingle(codes) * Vector512.Load((float*)(panel + BlockInt8Layout.PanelScales));
            sum = Vector512.FusedMultiplyAdd(product, Vector512.Create(*(float*)(row + BlockInt8Layout.RowScale)), sum);
            if (hasOffsets)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Load((float*)(panel + BlockInt8Layout.PanelOffsets)), Vector512.Create(*(float*)(row + BlockInt8Layout.RowSum)), sum);
            }
        }

        return sum;
    }
}
