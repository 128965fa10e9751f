using Attune.Tensors;
using Attune.Tensors.Backends;
using Iced.Intel;

namespace Attune.Kernels.Jit;

/// <summary>Kernels for products of few rows with weights of few bits, emitted when first asked for. For processors with AVX-512 BF16.</summary>
internal static unsafe class BlockProductKernels
{
    private const int Formats = 8;
    private const int FlagValues = 64;
    private static readonly nint[] Codes = new nint[Formats * BlockProductEmitter.MaxRows * BlockProductEmitter.MaxPanels * FlagValues];
    private static readonly object Emission = new();

    /// <summary>Computes rows x panels of 16 columns.</summary>
    /// <param name="format">How the weight is stored.</param>
    /// <param name="rows">1 to <see cref="BlockProductEmitter.MaxRows"/>.</param>
    /// <param name="panels">1 to <see cref="BlockProductEmitter.PanelsFor"/> that many rows.</param>
    /// <param name="flags">What becomes of the sums; <see cref="GemmKernelFlags.Prefetch"/> is none of it.</param>
    /// <param name="arguments">Where everything lies; changed.</param>
    public static void Invoke(BlockFormat format, int rows, int panels, GemmKernelFlags flags, GemmArguments* arguments)
    {
        int formatIndex = (format.Bits == 8 ? 1 : 0) | (format.HasOffsets ? 2 : 0) | (format.Scales == DType.F32 ? 4 : 0);
        ref nint place = ref Codes[(((((formatIndex * BlockProductEmitter.MaxRows) + rows - 1) * BlockProductEmitter.MaxPanels) + panels - 1) * FlagValues) + (int)flags];
        nint code = Volatile.Read(ref place);
        if (code == 0)
        {
            code = Emit(ref place, format, rows, panels, flags);
        }

        ((delegate* unmanaged<GemmArguments*, void>)code)(arguments);
    }

    private static nint Emit(ref nint place, BlockFormat format, int rows, int panels, GemmKernelFlags flags)
    {
        lock (Emission)
        {
            if (place == 0)
            {
                var code = new Assembler(64);
                BlockProductEmitter.Emit(code, format, rows, panels, flags);
                Volatile.Write(ref place, ExecutableMemory.Instance.Publish(CallingConvention.Assemble(code)));
            }

            return place;
        }
    }
}
