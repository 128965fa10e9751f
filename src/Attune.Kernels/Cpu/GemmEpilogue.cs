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

    /// <summary>Type of the operands of the added product.</summary>
    internal DType AddedStorage => Added?.B.Layout.Storage ?? DType.F32;

    /// <summary>Tells a kernel the place of its tiles in C and what it needs for the epilogue there.</summary>
    /// <param name="arguments">The kernel's arguments.</param>
    /// <param name="c">The result.</param>
    /// <param name="row">First row of the tiles.</param>
    /// <param name="panel">First panel of B.</param>
    /// <param name="panels">Panels of B.</param>
    /// <returns><see cref="GemmKernelFlags.Masked"/> if the last panel is not whole.</returns>
    internal GemmKernelFlags Put(ref GemmArguments arguments, in MatrixView c, int row, int panel, int panels)
    {
        int column = panel * PanelLayout.PanelRows;
        int lastColumns = c.Columns - ((panel + panels - 1) * PanelLayout.PanelRows);
        bool masked = lastColumns < PanelLayout.PanelRows;
        arguments.C = c.At(row, column);
        arguments.CStride = c.RowBytes;
        arguments.Bias = Bias + column;
        arguments.Alpha = Alpha;
        arguments.ColumnMask = masked ? (1u << lastColumns) - 1 : 0;
        if (Addend is { } addend)
        {
            arguments.Addend = addend.At(row, column);
            arguments.AddendStride = addend.RowBytes;
        }

        if (Added is { } added)
        {
            arguments.AddedA = added.A.At(row, 0);
            arguments.AddedAStride = added.A.RowBytes;
            arguments.AddedB = added.B.Panel(added.FirstPanel + panel);
            arguments.AddedPanelStride = added.B.Layout.PanelBytes;
            arguments.AddedSteps = added.B.Layout.Steps;
        }

        return masked ? GemmKernelFlags.Masked : 0;
    }

    /// <summary>What is left of it for a part of C.</summary>
    internal GemmEpilogue Part(int firstRow, int rows, int firstColumn, int columns) => new()
    {
        Alpha = Alpha,
        Bias = Bias == null ? null : Bias + firstColumn,
        Addend = Addend is { } addend ? new MatrixView(addend.At(firstRow, firstColumn), addend.DType, rows, columns, addend.RowStride) : null,
        Added = Added?.Part(firstRow, rows, firstColumn),
    };
}
