using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>What a tile kernel computes on.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileArguments
{
    /// <summary>The product; its steps are a multiple of <see cref="TileKernelEmitter.TileSteps"/>.</summary>
    public GemmArguments Product;

    /// <summary>Memory for the sums of a tile, <see cref="TileKernelEmitter.SumBytes"/>.</summary>
    public byte* Sums;

    /// <summary>Rows of a tile, 1 to <see cref="TileKernelEmitter.MaxRows"/>.</summary>
    public nint Rows;

    /// <summary>The tiles that these rows need.</summary>
    public TileConfiguration Configuration;
}
