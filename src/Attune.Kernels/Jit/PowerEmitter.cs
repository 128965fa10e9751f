using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes 2^x of 16 numbers in ten instructions, for processors with AVX-512.</summary>
/// <remarks>
/// x less the whole number below it goes through a polynomial, the whole number into the exponent: gradual underflow, 2^-infinity = 0 and NaN need no code of their own. The polynomial is a near-minimax
/// fit with value 1 at 0 and a relative error of 9e-8. zmm26 to zmm31 hold its coefficients, that of the highest power first.
/// </remarks>
internal static class PowerEmitter
{
    private const byte Floor = 9;

    private static readonly float[] Coefficients = [1.86713005e-3f, 9.017030708e-3f, 5.579991266e-2f, 2.401644439e-1f, 6.931512952e-1f, 1f];

    private static readonly AssemblerRegisterZMM[] Constants = [zmm26, zmm27, zmm28, zmm29, zmm30, zmm31];

    /// <summary>1 in every lane.</summary>
    public static AssemblerRegisterZMM One => zmm31;

    /// <summary>Loads the coefficients; eax is lost.</summary>
    public static void LoadConstants(Assembler code)
    {
        for (int i = 0; i < Coefficients.Length; i++)
        {
            Broadcast(code, Constants[i], Coefficients[i]);
        }
    }

    /// <summary>Puts a number into every lane; eax is lost.</summary>
    public static void Broadcast(Assembler code, AssemblerRegisterZMM target, float value)
    {
        code.mov(eax, BitConverter.SingleToInt32Bits(value));
        code.vpbroadcastd(target, eax);
    }

    /// <summary>x = 2^x; the other two registers are lost.</summary>
    public static void Emit(Assembler code, AssemblerRegisterZMM x, AssemblerRegisterZMM fraction, AssemblerRegisterZMM sum)
    {
        code.vreduceps(fraction, x, Floor);
        code.vmovaps(sum, Constants[0]);
        foreach (AssemblerRegisterZMM constant in Constants.AsSpan(1))
        {
            code.vfmadd213ps(sum, fraction, constant);
        }

        code.vscalefps(x, sum, x);
    }
}
