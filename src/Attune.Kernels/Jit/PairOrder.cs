using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>The order of 32 words in which the two halves of a register become pairs, for VPERMW.</summary>
internal static unsafe class PairOrder
{
    /// <summary>The order, which kernels read where it lies.</summary>
    public static ReadOnlySpan<ushort> Words => [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31];

    /// <summary>Loads it; rax is lost.</summary>
    public static void Load(Assembler code, AssemblerRegisterZMM target)
    {
        // Data of the assembly, which does not move.
        code.mov(rax, (ulong)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Words)));
        code.vmovups(target, __[rax]);
    }
}
