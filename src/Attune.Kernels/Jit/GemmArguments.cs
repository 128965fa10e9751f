using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>What a matrix-product kernel computes on: <see cref="Tiles"/> tiles of rows below each other, over the whole of K.</summary>
/// <remarks>
/// Strides are in bytes. A step is one element along K for fp32 operands and a pair of them for bf16; the A row holds 4 bytes per step,
/// a panel of B 64 bytes (16 columns). Kernels move <see cref="A"/>, <see cref="AddedA"/>, <see cref="C"/> and <see cref="Addend"/> on and count <see cref="Tiles"/> down.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct GemmArguments
{
    /// <summary>First row of A, row-major.</summary>
    public byte* A;

    /// <summary>Bytes from a row of A to the next.</summary>
    public nint AStride;

    /// <summary>First panel of B.</summary>
    public byte* B;

    /// <summary>Bytes from a panel of B to the next.</summary>
    public nint PanelStride;

    /// <summary>Steps along K; 0 gives an empty sum.</summary>
    public nint Steps;

    /// <summary>First row of the left operand of the product that is added in the same sums; laid out like A.</summary>
    public byte* AddedA;

    /// <summary>Bytes from a row of it to the next.</summary>
    public nint AddedAStride;

    /// <summary>First panel of its right operand; laid out like B.</summary>
    public byte* AddedB;

    /// <summary>Bytes from a panel of it to the next.</summary>
    public nint AddedPanelStride;

    /// <summary>Steps of the added product, at most <see cref="GemmEmitter.BlockSteps"/>; 0 for none.</summary>
    public nint AddedSteps;

    /// <summary>First row of C, row-major.</summary>
    public byte* C;

    /// <summary>Bytes from a row of C to the next.</summary>
    public nint CStride;

    /// <summary>One number per column, for kernels with <see cref="GemmKernelFlags.Bias"/>.</summary>
    public float* Bias;

    /// <summary>First row of the matrix that is added, for kernels with <see cref="GemmKernelFlags.AddF32"/> or <see cref="GemmKernelFlags.AddBF16"/>; may be C.</summary>
    public byte* Addend;

    /// <summary>Bytes from a row of the added matrix to the next.</summary>
    public nint AddendStride;

    /// <summary>Number of row tiles, at least 1.</summary>
    public nint Tiles;

    /// <summary>Bytes from a place in B to the one that is fetched meanwhile, for kernels with <see cref="GemmFetch.Panels"/>; may lie outside of B.</summary>
    public nint PrefetchDistance;

    /// <summary>
    /// First of the pieces, <see cref="PrefetchDistance"/> bytes apart, that kernels with <see cref="GemmFetch.Pieces"/> fetch a line per panel of, one every
    /// 8 steps (4 of 8-bit codes); moved on by those lines with each tile.
    /// </summary>
    public byte* PrefetchFrom;

    /// <summary>Factor of the product, for kernels with <see cref="GemmKernelFlags.Alpha"/>.</summary>
    public float Alpha;

    /// <summary>One bit per column of the last panel that exists, from bit 0 on without gaps, for kernels with <see cref="GemmKernelFlags.Masked"/>.</summary>
    public uint ColumnMask;
}

/// <summary>What a kernel does to the sums before it stores them, in this order: alpha, bias, addend, conversion.</summary>
[Flags]
public enum GemmKernelFlags : byte
{
    /// <summary>Stores the fp32 sums.</summary>
    None = 0,

    /// <summary>Multiplies by <see cref="GemmArguments.Alpha"/>.</summary>
    Alpha = 1,

    /// <summary>Adds <see cref="GemmArguments.Bias"/>, in one rounding with the multiplication by alpha.</summary>
    Bias = 2,

    /// <summary>Adds a matrix of fp32.</summary>
    AddF32 = 4,

    /// <summary>Adds a matrix of bf16.</summary>
    AddBF16 = 8,

    /// <summary>Stores bf16, rounded to nearest, ties to even.</summary>
    StoreBF16 = 16,

    /// <summary>Touches only the columns of the last panel that <see cref="GemmArguments.ColumnMask"/> names.</summary>
    Masked = 32,
}
