using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Jit;

/// <summary>Kernels for products of few rows with weights of few bits, emitted when first asked for. For processors with AVX-512 BF16.</summary>
internal static unsafe class BlockProductKernels
{
    private const int Formats = 8;
    private const int FlagValues = 64;
    private static readonly KernelCache Codes = new(Formats * BlockProductEmitter.MaxRows * FlagValues);

    /// <summary>The kernel that computes rows x 16 columns from arguments, which it changes.</summary>
    /// <param name="format">How the weight is stored.</param>
    /// <param name="rows">1 to <see cref="BlockProductEmitter.MaxRows"/>.</param>
    /// <param name="flags">What becomes of the sums.</param>
    public static delegate* unmanaged<GemmArguments*, void> Find(BlockFormat format, int rows, GemmKernelFlags flags)
    {
        int formatIndex = (format.Bits == 8 ? 1 : 0) | (format.HasOffsets ? 2 : 0) | (format.Scales == DType.F32 ? 4 : 0);
        int index = (((formatIndex * BlockProductEmitter.MaxRows) + rows - 1) * FlagValues) + (int)flags;
        return (delegate* unmanaged<GemmArguments*, void>)Codes.Get(index, (Format: format, Rows: rows, Flags: flags), static (code, kernel) =>
            BlockProductEmitter.Emit(code, kernel.Format, kernel.Rows, kernel.Flags));
    }
}
