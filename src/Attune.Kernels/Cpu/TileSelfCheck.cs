using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Small products on AMX tiles beside the plain C# reference, on a thread of a pool's own.</summary>
internal static unsafe class TileSelfCheck
{
    private const int Steps = 2 * TileKernelEmitter.TileSteps;

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

    private static bool Passes(TileKernels kernels, int rows, int panels, int addedSteps, GemmKernelFlags flags) =>
        KernelCheck.GivesReferenceBits(DType.BF16, rows, panels, Steps, addedSteps, flags, arguments => kernels.Invoke(arguments, rows, panels, flags));

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
                    Passed &= Passes(kernels, rows, panels, 0, GemmKernelFlags.None)
                        && Passes(kernels, rows, panels, TileKernelEmitter.TileSteps, GemmKernelFlags.StoreBF16 | GemmKernelFlags.Masked | GemmKernelFlags.AddBF16)
                        && Passes(kernels, rows, panels, TileKernelEmitter.TileSteps, GemmKernelFlags.Alpha | GemmKernelFlags.Bias | GemmKernelFlags.AddF32);
                }
            }
        }
    }
}
