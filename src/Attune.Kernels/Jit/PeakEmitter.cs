using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes a loop of independent multiply-adds on registers only: the most that a core can do.</summary>
internal static class PeakEmitter
{
    /// <summary>Emits a function of a <see cref="PeakArguments"/>.</summary>
    /// <returns>Floating-point operations per turn.</returns>
    public static int Emit(Assembler code, VectorEmitter vectors)
    {
        int left = vectors.Registers - 1;
        int right = vectors.Registers - 2;
        int sums = vectors.Registers - 4;
        CallingConvention.Enter(code);
        for (int register = 0; register < vectors.Registers; register++)
        {
            vectors.Zero(register);
        }

        code.mov(rcx, __qword_ptr[r11]);
        Label turn = code.CreateLabel();
        code.Label(ref turn);
        for (int sum = 0; sum < sums; sum++)
        {
            vectors.MultiplyAdd(sum, left, right);
        }

        code.dec(rcx);
        code.jnz(turn);
        CallingConvention.Leave(code);
        return sums * (vectors.VectorBytes / sizeof(float)) * vectors.ProductsPerLane * 2;
    }
}
