using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Small products beside the plain C# reference, at start: a wrong or missing instruction must not get as far as somebody's training.</summary>
internal static unsafe class TierSelfCheck
{
    private const int Steps = 7;
    private const int MaxColumns = GemmEmitter.MaxPanels * PanelLayout.PanelRows;
    private const int Operands = 2 * Steps * MaxColumns;

    /// <summary>Whether the widest and the highest tile give the reference's bits, with every epilogue that the engine uses.</summary>
    public static bool Passes(GemmKernels kernels)
    {
        foreach (DType storage in (ReadOnlySpan<DType>)[DType.F32, kernels.StorageOf(DType.BF16)])
        {
            foreach (int panels in (ReadOnlySpan<int>)[1, Math.Min(2, kernels.MaxPanels), kernels.MaxPanels])
            {
                if (!Passes(kernels, storage, panels, GemmKernelFlags.None)
                    || !Passes(kernels, storage, panels, GemmKernelFlags.StoreBF16 | GemmKernelFlags.Masked | GemmKernelFlags.AddBF16)
                    || !Passes(kernels, storage, panels, GemmKernelFlags.Alpha | GemmKernelFlags.Bias | GemmKernelFlags.AddF32))
                {
                    return false;
                }
            }
        }

        return kernels.Tiles is null || TileSelfCheck.Passes(kernels.Tiles);
    }

    private static bool Passes(GemmKernels kernels, DType storage, int panels, GemmKernelFlags flags)
    {
        // Eighths of small integers: all sums are exact, so bits must be equal.
        float* operands = stackalloc float[Operands];
        for (int i = 0; i < Operands; i++)
        {
            float value = ((i * 7 % 13) - 6) / 8f;
            PackedElements.Write((byte*)operands, storage, i, value);
        }

        int rows = kernels.MaxRows(panels);
        int columns = panels * PanelLayout.PanelRows;
        int bytes = rows * columns * sizeof(float);
        byte* expected = stackalloc byte[bytes];
        byte* actual = stackalloc byte[bytes];
        float* rest = stackalloc float[rows * columns];
        new Span<byte>(expected, bytes).Clear();
        new Span<byte>(actual, bytes).Clear();
        new Span<float>(rest, rows * columns).Fill(0.5f);
        var arguments = new GemmArguments
        {
            A = (byte*)(operands + 1),
            AStride = sizeof(float),
            B = (byte*)operands,
            PanelStride = Steps * PanelLayout.StepBytes,
            Steps = Steps,
            C = expected,
            CStride = columns * sizeof(float),
            Bias = rest,
            Addend = (byte*)rest,
            AddendStride = columns * sizeof(float),
            Tiles = 1,
            Alpha = 0.25f,
            ColumnMask = 0x1FF,
        };
        GemmArguments real = arguments with { C = actual };
        GemmReference.Run(&arguments, storage, rows, panels, flags);
        kernels.Get(storage, rows, panels, flags).Invoke(&real);
        return new Span<byte>(expected, bytes).SequenceEqual(new Span<byte>(actual, bytes));
    }
}
