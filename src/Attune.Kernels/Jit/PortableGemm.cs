using System.Runtime.CompilerServices;
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
            arguments->AddedA += arguments->AddedAStride * rows;
            arguments->C += arguments->CStride * rows;
        }
    }

    private static void RunTile(GemmArguments* arguments, int rows)
    {
        float* sums = stackalloc float[MaxRows * GemmReference.PanelColumns];
        new Span<float>(sums, MaxRows * GemmReference.PanelColumns).Clear();
        AddProduct(arguments->A, arguments->AStride, arguments->B, arguments->Steps, rows, sums);
        AddProduct(arguments->AddedA, arguments->AddedAStride, arguments->AddedB, arguments->AddedSteps, rows, sums);
        for (int row = 0; row < rows; row++)
        {
            Unsafe.CopyBlockUnaligned(
                arguments->C + (arguments->CStride * row), sums + (row * GemmReference.PanelColumns), GemmReference.PanelColumns * sizeof(float));
        }
    }

    private static void AddProduct(byte* a, nint stride, byte* panel, nint steps, int rows, float* sums)
    {
        for (nint step = 0; step < steps; step += GemmEmitter.BlockSteps)
        {
            AddBlock(a, stride, panel, step, Math.Min(steps, step + GemmEmitter.BlockSteps), rows, sums);
        }
    }

    private static void AddBlock(byte* row, nint stride, byte* panel, nint step, nint end, int rows, float* sums)
    {
        // Rows that do not exist repeat the last one and are not stored: one loop serves all.
        float* a0 = (float*)row;
        float* a1 = (float*)(row + (stride * Math.Min(1, rows - 1)));
        float* a2 = (float*)(row + (stride * Math.Min(2, rows - 1)));
        float* a3 = (float*)(row + (stride * (rows - 1)));
        float* b = (float*)panel + (step * GemmReference.PanelColumns);
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        for (; step < end; step++)
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

        Add(sums, 0, c00, c01);
        Add(sums, 1, c10, c11);
        Add(sums, 2, c20, c21);
        Add(sums, 3, c30, c31);
    }

    private static void Add(float* sums, int row, Vector256<float> left, Vector256<float> right)
    {
        float* target = sums + (row * GemmReference.PanelColumns);
        (Vector256.Load(target) + left).Store(target);
        (Vector256.Load(target + 8) + right).Store(target + 8);
    }
}
