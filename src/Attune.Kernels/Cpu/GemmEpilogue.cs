using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>What becomes of a product before it is stored: C = alpha x product + bias + addend. The default stores the product.</summary>
public readonly unsafe struct GemmEpilogue
{
    // Kept as the difference of bits to 1, so that the default value of the struct means 1.
    private readonly uint _alpha;

    /// <summary>Factor of the product; default 1.</summary>
    public float Alpha
    {
        get => BitConverter.UInt32BitsToSingle(_alpha ^ BitConverter.SingleToUInt32Bits(1));
        init => _alpha = BitConverter.SingleToUInt32Bits(value) ^ BitConverter.SingleToUInt32Bits(1);
    }

    /// <summary>One fp32 number per column of C, or null for none.</summary>
    public float* Bias { get; init; }

    /// <summary>A matrix of C's size, F32 or BF16, that is added, such as a residual; null for none. It may be C itself, which then accumulates.</summary>
    public MatrixView? Addend { get; init; }

    /// <summary>A product that is added to the sums before all else; null for none.</summary>
    internal AddedProduct? Added { get; init; }

    /// <summary>What a kernel has to do for it, with a result of a type.</summary>
    internal GemmKernelFlags Flags(DType result) => (Alpha != 1 ? GemmKernelFlags.Alpha : 0)
        | (Bias != null ? GemmKernelFlags.Bias : 0)
        | (result == DType.BF16 ? GemmKernelFlags.StoreBF16 : 0)
        | (Addend is not { } addend ? 0 : addend.DType == DType.BF16 ? GemmKernelFlags.AddBF16 : GemmKernelFlags.AddF32);

    /// <summary>What is left of it for a part of C.</summary>
    internal GemmEpilogue Part(int firstRow, int rows, int firstColumn, int columns) => new()
    {
        Alpha = Alpha,
        Bias = Bias == null ? null : Bias + firstColumn,
        Addend = Addend is { } addend ? new MatrixView(addend.At(firstRow, firstColumn), addend.DType, rows, columns, addend.RowStride) : null,
        Added = Added?.Part(firstRow, rows, firstColumn),
    };
}
