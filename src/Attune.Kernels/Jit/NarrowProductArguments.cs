using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>What a kernel of <see cref="NarrowProductKernels"/> computes on: sums += U^T X over a range of rows of U and X.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NarrowProductArguments
{
    /// <summary>U in panels: 64 bytes a step, 4 of them for each row of the result.</summary>
    public byte* U;

    /// <summary>Bytes from a panel to the next.</summary>
    public nint UPanelStride;

    /// <summary>First column of X, row-major.</summary>
    public byte* X;

    /// <summary>Bytes from a row of X to the next.</summary>
    public nint XStride;

    /// <summary>Steps, at least 1: rows of X, or pairs of them for pairs of bf16.</summary>
    public nint Steps;

    /// <summary>Bytes from a place in X to the one that is fetched meanwhile, for the tile after this one. The processor itself does not follow so many rows at once.</summary>
    public nint PrefetchDistance;

    /// <summary>The same behind the last tile; may lie outside of X.</summary>
    public nint LastPrefetchDistance;

    /// <summary>Memory for the operands of a tile as multiply-adds read them, 128 bytes a step: rows far apart would not stay in the first-level cache.</summary>
    public byte* Operands;

    /// <summary>Single precision, rows x 32 for every tile.</summary>
    public float* Sums;

    /// <summary>Tiles of 32 columns, at least 1.</summary>
    public nint Tiles;

    /// <summary>One bit per column of a tile that exists; all of them when there are several tiles.</summary>
    public uint ColumnMask;

    /// <summary>All bits to add to the sums, none to start them.</summary>
    public uint SumMask;
}
