using System.Numerics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes a loop over a row of bf16 numbers: blocks of 32, a register of them, and, masked, what is behind the last whole block.</summary>
/// <remarks>rax is the place in the row in bytes, and behind the loop the end of its last block; ecx counts blocks; edx holds the numbers of the rest.</remarks>
internal static class BlockLoop
{
    /// <summary>Numbers of a block.</summary>
    public const int Numbers = 32;

    /// <summary>Bytes of a block.</summary>
    public const int Bytes = Numbers * sizeof(ushort);

    /// <summary>Writes the loop.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="count">The numbers of the row, at most 2^31 - 1.</param>
    /// <param name="masks">Makes masks of edx; ecx may be changed.</param>
    /// <param name="block">What is done with a block, masked or not.</param>
    public static void Emit(Assembler code, AssemblerMemoryOperand count, Action<Assembler> masks, Action<bool> block)
    {
        Label whole = code.CreateLabel();
        Label rest = code.CreateLabel();
        Label done = code.CreateLabel();
        code.mov(ecx, count);
        code.mov(edx, ecx);
        code.and(edx, Numbers - 1);
        code.xor(eax, eax);
        code.shr(ecx, (byte)BitOperations.Log2(Numbers));
        code.jz(rest);
        code.Label(ref whole);
        block(false);
        code.add(rax, Bytes);
        code.dec(ecx);
        code.jnz(whole);
        code.Label(ref rest);
        code.test(edx, edx);
        code.jz(done);
        masks(code);
        block(true);
        code.add(rax, Bytes);
        code.Label(ref done);
        code.nop();
    }

    /// <summary>Masks of a block whose halves are widened to a register each: k1 of the rest, or its lower half, k2 of the upper half.</summary>
    public static void HalfMasks(Assembler code)
    {
        code.mov(ecx, -1);
        code.bzhi(ecx, ecx, edx);
        code.kmovd(k1, ecx);
        code.kshiftrd(k2, k1, Numbers / 2);
    }
}
