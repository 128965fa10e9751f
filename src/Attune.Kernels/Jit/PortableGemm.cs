using System.Runtime.Intrinsics;

namespace Attune.Kernels.Jit;

/// <summary>The matrix-product kernel without emitted code: fp32 operands, tiles of up to 4 rows and one panel, plain stores.</summary>
internal static unsafe class PortableGemm
{
    /// <summary>Most rows of a tile.</summary>
    public const int MaxRows = 4;

    /// <summary>Computes tiles of 1 to <see cref="MaxRows"/> rows.</summary>
    public static void Run(GemmArguments* arguments, int rows)
    {
        for (; arguments->Tiles > 0; arguments->Tiles--)
        {
            RunTile(arguments, rows);
            arguments->A += arguments->AStride * rows;
            arguments->C += arguments->CStride * rows;
        }
    }

    private static void RunTile(GemmArguments* arguments, int rows)
    {
        // Rows that do not exist repeat the last one and are not stored: one loop serves all.
        nint stride = arguments->AStride;
        float* a0 = (float*)arguments->A;
        float* a1 = (float*)(arguments->A + (stride * Math.Min(1, rows - 1)));
        float* a2 = (float*)(arguments->A + (stride * Math.Min(2, rows - 1)));
        float* a3 = (float*)(arguments->A + (stride * (rows - 1)));
        float* b = (float*)arguments->B;
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        nint steps = arguments->Steps;
        for (nint step = 0; step < steps; step++)
        {
            Vector256<float> b0 = Vector256.Load(b);
            Vector256<float> b1 = Vector256.Load(b + 8);
            b += GemmReference.PanelColumns;
            Vector256<float> a = Vector256.Create(a0[step]);
            c00 = Vector256.MultiplyAddEstimate(a, b0, c00);
            c01 = Vector256.MultiplyAddEstimate(a, b1, c01);
            a = Vector256.Create(a1[step]);
            c10 = Vector256.MultiplyAddEstimate(a, b0, c10);
            c11 = Vector256.MultiplyAddEstimate(a, b1, c11);
            a = Vector256.Create(a2[step]);
            c20 = Vector256.MultiplyAddEstimate(a, b0, c20);
            c21 = Vector256.MultiplyAddEstimate(a, b1, c21);
            a = Vector256.Create(a3[step]);
            c30 = Vector256.MultiplyAddEstimate(a, b0, c30);
            c31 = Vector256.MultiplyAddEstimate(a, b1, c31);
        }

        Store(arguments, 0, rows, c00, c01);
        Store(arguments, 1, rows, c10, c11);
        Store(arguments, 2, rows, c20, c21);
        Store(arguments, 3, rows, c30, c31);
    }

    private static void Store(GemmArguments* arguments, int row, int rows, Vector256<float> left, Vector256<float> right)
    {
        if (row < rows)
        {
            float* target = (float*)(arguments->C + (arguments->CStride * row));
            left.Store(target);
            right.Store(target + 8);
        }
    }
}
