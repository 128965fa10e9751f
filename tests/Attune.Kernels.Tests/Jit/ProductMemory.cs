using System.Numerics;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The memory that a kernel for integer products may touch.</summary>
internal static unsafe class ProductMemory
{
    /// <summary>Allows what a kernel has to touch of the operands and the result, and nothing else.</summary>
    /// <param name="map">Receives the regions.</param>
    /// <param name="product">The kernel's argument; products that are added are of fp32 numbers.</param>
    /// <param name="height">Rows of all tiles.</param>
    /// <param name="panels">Panels of a tile.</param>
    /// <param name="flags">What the kernel does with the sums.</param>
    /// <param name="rowBytes">Bytes of a row of A.</param>
    /// <param name="panelBytes">Bytes of a panel of B.</param>
    public static void Allow(MemoryMap map, GemmArguments* product, int height, int panels, GemmKernelFlags flags, nint rowBytes, nint panelBytes)
    {
        int lastColumns = flags.HasFlag(GemmKernelFlags.Masked) ? BitOperations.PopCount(product->ColumnMask) : PanelLayout.PanelRows;
        int columns = ((panels - 1) * PanelLayout.PanelRows) + lastColumns;
        int resultBytes = flags.HasFlag(GemmKernelFlags.StoreBF16) ? sizeof(ushort) : sizeof(float);
        int addendBytes = flags.HasFlag(GemmKernelFlags.AddBF16) ? sizeof(ushort) : flags.HasFlag(GemmKernelFlags.AddF32) ? sizeof(float) : 0;
        map.AllowRows("A", product->A, height, product->AStride, rowBytes, writable: false);
        map.AllowRows("B", product->B, panels, product->PanelStride, panelBytes, writable: false);
        map.AllowRows("added A", product->AddedA, height, product->AddedAStride, product->AddedSteps * sizeof(float), writable: false);
        map.AllowRows("added B", product->AddedB, panels, product->AddedPanelStride, product->AddedSteps * PanelLayout.StepBytes, writable: false);
        map.AllowRows("C", product->C, height, product->CStride, columns * resultBytes, writable: true);
        map.AllowRows("addend", product->Addend, height, product->AddendStride, columns * addendBytes, writable: false);
    }
}
