using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes a loop of independent multiply-adds on whole AMX tiles only.</summary>
internal static class TilePeakEmitter
{
    private const int OperationsPerProduct = 2 * TileConfiguration.Rows * TileConfiguration.RowBytes / sizeof(float) * 2 * TileKernelEmitter.TileSteps;
    private static readonly AssemblerRegisterTMM[] Sums = [tmm0, tmm1, tmm2, tmm3, tmm4, tmm5];

    /// <summary>Emits a function of a <see cref="PeakArguments"/>.</summary>
    /// <returns>Floating-point operations per turn.</returns>
    public static int Emit(Assembler code)
    {
        CallingConvention.Enter(code);
        code.ldtilecfg(__[r11 + (int)Marshal.OffsetOf<PeakArguments>(nameof(PeakArguments.Configuration))]);
        foreach (AssemblerRegisterTMM tile in Sums)
        {
            code.tilezero(tile);
        }

        code.tilezero(tmm6);
        code.tilezero(tmm7);
        code.mov(rcx, __qword_ptr[r11]);
        Label turn = code.CreateLabel();
        code.Label(ref turn);
        foreach (AssemblerRegisterTMM tile in Sums)
        {
            code.tdpbf16ps(tile, tmm6, tmm7);
        }

        code.dec(rcx);
        code.jnz(turn);
        code.tilerelease();
        CallingConvention.Leave(code);
        return Sums.Length * OperationsPerProduct;
    }
}
