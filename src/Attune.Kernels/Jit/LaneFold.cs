using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes how the lanes of a register are brought together.</summary>
internal static class LaneFold
{
    private const byte SwapPairs = 0x4E;
    private const byte SwapNeighbours = 0xB1;

    /// <summary>Brings the lanes of zmm6 together in its first one; zmm7 is lost.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="wide">The instruction on 256 bits.</param>
    /// <param name="narrow">The same on 128 bits.</param>
    public static void Emit(
        Assembler code,
        Action<AssemblerRegisterYMM, AssemblerRegisterYMM, AssemblerRegisterYMM> wide,
        Action<AssemblerRegisterXMM, AssemblerRegisterXMM, AssemblerRegisterXMM> narrow)
    {
        code.vextractf64x4(ymm7, zmm6, 1);
        wide(ymm6, ymm6, ymm7);
        code.vextractf32x4(xmm7, ymm6, 1);
        narrow(xmm6, xmm6, xmm7);
        code.vpermilps(xmm7, xmm6, SwapPairs);
        narrow(xmm6, xmm6, xmm7);
        code.vpermilps(xmm7, xmm6, SwapNeighbours);
        narrow(xmm6, xmm6, xmm7);
    }
}
