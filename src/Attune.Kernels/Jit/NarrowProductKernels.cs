using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Jit;

/// <summary>Kernels for U^T X, emitted when first asked for. AVX-512 tiers only: the others pack.</summary>
internal sealed unsafe class NarrowProductKernels
{
    private const int Operands = 3;
    private static readonly KernelCache Codes = new(Operands * (NarrowProductEmitter.MaxRows + 1));

    private readonly CpuTier _tier;

    /// <summary>The kernels that a tier can run.</summary>
    public NarrowProductKernels(CpuTier tier) => _tier = tier;

    /// <summary>How rows of X in a type are read for products in a precision; false when there is no kernel for them.</summary>
    public bool TryOperand(DType x, DType precision, out NarrowOperand operand)
    {
        operand = x == DType.F32 ? NarrowOperand.F32 : _tier >= CpuTier.Avx512Bf16 ? NarrowOperand.PairedBF16 : NarrowOperand.WidenedBF16;
        return _tier >= CpuTier.Avx512 && x == precision && x is DType.F32 or DType.BF16;
    }

    /// <summary>Adds U^T X to the sums.</summary>
    /// <param name="operand">How X is read.</param>
    /// <param name="rows">Columns of U, 1 to <see cref="NarrowProductEmitter.MaxRows"/>.</param>
    /// <param name="arguments">Where everything lies.</param>
    public static void Invoke(NarrowOperand operand, int rows, NarrowProductArguments* arguments)
    {
        int index = ((int)operand * (NarrowProductEmitter.MaxRows + 1)) + rows;
        nint code = Codes.Get(index, (Operand: operand, Rows: rows), static (code, kernel) => NarrowProductEmitter.Emit(code, kernel.Operand, kernel.Rows));
        ((delegate* unmanaged<NarrowProductArguments*, void>)code)(arguments);
    }
}
