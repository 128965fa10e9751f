using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Small products beside the plain C# reference, at start: a wrong or missing instruction must not get as far as somebody's training.</summary>
internal static unsafe class TierSelfCheck
{
    private const int Steps = 7;
    private const int AddedSteps = 3;

    /// <summary>Whether the widest and the highest tile give the reference's bits, with every epilogue that the engine uses.</summary>
    public static bool Passes(GemmKernels kernels)
    {
        foreach (DType storage in (ReadOnlySpan<DType>)[DType.F32, kernels.StorageOf(DType.BF16)])
        {
            foreach (int panels in (ReadOnlySpan<int>)[1, Math.Min(2, kernels.MaxPanels), kernels.MaxPanels])
            {
                if (!Passes(kernels, storage, panels, 0, GemmKernelFlags.None)
                    || !Passes(kernels, storage, panels, AddedSteps, GemmKernelFlags.StoreBF16 | GemmKernelFlags.Masked | GemmKernelFlags.AddBF16)
                    || !Passes(kernels, storage, panels, AddedSteps, GemmKernelFlags.Alpha | GemmKernelFlags.Bias | GemmKernelFlags.AddF32))
                {
                    return false;
                }
            }
        }

        return kernels.Tiles is null || TileSelfCheck.Passes(kernels.Tiles);
    }

    private static bool Passes(GemmKernels kernels, DType storage, int panels, int addedSteps, GemmKernelFlags flags)
    {
        int rows = kernels.MaxRows(panels);
        return KernelCheck.GivesReferenceBits(storage, rows, panels, Steps, addedSteps, flags, arguments => kernels.Get(storage, rows, panels, flags).Invoke(arguments));
    }
}
