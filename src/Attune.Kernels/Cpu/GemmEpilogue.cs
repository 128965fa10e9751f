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
}
