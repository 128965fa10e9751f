using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Small products on AMX tiles beside the plain C# reference, on a thread of a pool's own.</summary>
internal static unsafe class TileSelfCheck
{
    private const int MaxColumns = TileKernelEmitter.MaxPanels * PanelLayout.PanelRows;
    private const int Steps = 2 * TileKernelEmitter.TileSteps;
    private const int Sums = TileKernelEmitter.MaxRows * MaxColumns;

    /// <summary>Whether tiles of every shape give the reference's bits, with every epilogue that the engine uses. On the machine itself a fault is a failure, not the end of the process.</summary>
    public static bool Passes(TileKernels kernels)
    {
        if (!kernels.AreReal)
        {
            return GiveReferenceBits(kernels);
        }

        using GuardedProcessor? guard = GuardedProcessor.TryCreate();
        return guard is not null && GiveReferenceBits(new TileKernels(guard)) && !guard.HasFaulted;
    }

    private static bool GiveReferenceBits(TileKernels kernels)
    {
        using var pool = new WorkerPool(1);
        pool.KeepCallersOut();
        var job = new CheckJob(kernels);
        pool.Run(ref job, 1);
        return job.Passed;
    }

    private static bool Passes(TileKernels kernels, int rows, int panels, GemmKernelFlags flags)
    {
        // Eighths of small integers: all sums are exact, so bits must be equal.
        ushort* operands = stackalloc ushort[2 * Steps * MaxColumns];
        for (int i = 0; i < 2 * Steps * MaxColumns; i++)
        {
            operands[i] = BFloat16.FromSingle(((i * 7 % 13) - 6) / 8f);
        }

        int columns = panels * PanelLayout.PanelRows;
        float* expected = stackalloc float[Sums];
        float* actual = stackalloc float[Sums];
        float* rest = stackalloc float[Sums];
        new Span<float>(expected, Sums).Clear();
        new Span<float>(actual, Sums).Clear();
        new Span<float>(rest, Sums).Fill(0.5f);
        var arguments = new GemmArguments
        {
            A = (byte*)(operands + 2),
            AStride = 3 * sizeof(uint),
            B = (byte*)operands,
            PanelStride = Steps * PanelLayout.StepBytes,
            Steps = Steps,
            C = (byte*)expected,
            CStride = columns * sizeof(float),
            Bias = rest,
            Addend = (byte*)rest,
            AddendStride = columns * sizeof(float),
            Tiles = 1,
            Alpha = 0.25f,
            ColumnMask = 0x1FF,
        };
        GemmArguments real = arguments with { C = (byte*)actual };
        GemmReference.Run(&arguments, DType.BF16, rows, panels, flags);
        kernels.Invoke(&real, rows, panels, flags);
        return new Span<float>(expected, Sums).SequenceEqual(new Span<float>(actual, Sums));
    }

    private struct CheckJob(TileKernels kernels) : IJob
    {
        public bool Passed { get; private set; }

        public void Execute(int index, int worker)
        {
            Passed = true;
            foreach (int rows in (ReadOnlySpan<int>)[1, TileConfiguration.Rows, TileConfiguration.Rows + 3, TileKernelEmitter.MaxRows])
            {
                for (int panels = 1; panels <= TileKernelEmitter.MaxPanels; panels++)
                {
                    Passed &= Passes(kernels, rows, panels, GemmKernelFlags.None)
                        && Passes(kernels, rows, panels, GemmKernelFlags.StoreBF16 | GemmKernelFlags.Masked | GemmKernelFlags.AddBF16)
                        && Passes(kernels, rows, panels, GemmKernelFlags.Alpha | GemmKernelFlags.Bias | GemmKernelFlags.AddF32);
                }
            }
        }
    }
}
