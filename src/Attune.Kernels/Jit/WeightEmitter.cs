using System.Runtime.InteropServices;
using Attune.Kernels.Cpu.Simd;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes the kernel that makes rows of scores e^(scale score - largest) in bf16, for processors with AVX-512 BF16.</summary>
/// <remarks>
/// rsi is a row of scores, rdi its weights; r8 to r10, rbx and rbp walk over what there is one of per row; rax is the place in the row of weights; k1 and k2 are the masks of a
/// <see cref="BlockLoop"/>. zmm6 and zmm7 are the largest scores, then their sums, zmm8 and zmm20 to zmm25 constants.
/// </remarks>
internal static class WeightEmitter
{
    /// <summary>Emits the kernel.</summary>
    public static void Emit(Assembler code)
    {
        CallingConvention.Enter(code);
        PowerEmitter.LoadConstants(code);
        PowerEmitter.Broadcast(code, zmm20, float.NegativeInfinity);
        PowerEmitter.Broadcast(code, zmm8, -VecMath.BinaryLogarithmOfE);
        code.vbroadcastss(zmm22, __dword_ptr[r11 + Offset(nameof(WeightArguments.Scale))]);
        code.vbroadcastss(zmm23, __dword_ptr[r11 + Offset(nameof(WeightArguments.BinaryScale))]);
        code.vpxord(zmm25, zmm25, zmm25);
        code.mov(rsi, Argument(nameof(WeightArguments.Scores)));
        code.mov(rdi, Argument(nameof(WeightArguments.Weights)));
        code.mov(r8, Argument(nameof(WeightArguments.Seen)));
        code.mov(r9, Argument(nameof(WeightArguments.Before)));
        code.mov(r10, Argument(nameof(WeightArguments.Largest)));
        code.mov(rbp, Argument(nameof(WeightArguments.Sums)));
        Label row = code.CreateLabel();
        code.Label(ref row);
        EmitRow(code);
        code.add(rsi, Argument(nameof(WeightArguments.ScoreStride)));
        code.add(rdi, Argument(nameof(WeightArguments.WeightStride)));
        foreach (AssemblerRegister64 walker in (ReadOnlySpan<AssemblerRegister64>)[r8, r9, r10, rbp])
        {
            code.add(walker, sizeof(float));
        }

        code.dec(Argument(nameof(WeightArguments.Rows)));
        code.jnz(row);
        CallingConvention.Leave(code);
    }

    private static void EmitRow(Assembler code)
    {
        code.vmovaps(zmm6, zmm20);
        code.vmovaps(zmm7, zmm20);
        EmitBlocks(code, EmitLargest);
        code.vmaxps(zmm6, zmm6, zmm7);
        LaneFold.Emit(code, code.vmaxps, code.vmaxps);
        code.vmaxss(xmm6, xmm6, __dword_ptr[r9]);
        code.vmovss(__dword_ptr[r10], xmm6);
        code.vmulss(xmm6, xmm6, xmm8);
        code.vbroadcastss(zmm24, xmm6);
        code.vmovaps(zmm6, zmm25);
        code.vmovaps(zmm7, zmm25);
        EmitBlocks(code, EmitWeights);
        EmitZeros(code);
        code.vaddps(zmm6, zmm6, zmm7);
        LaneFold.Emit(code, code.vaddps, code.vaddps);
        code.vmovss(__dword_ptr[rbp], xmm6);
    }

    private static void EmitBlocks(Assembler code, Action<Assembler, bool> emit) =>
        BlockLoop.Emit(code, __dword_ptr[r8], BlockLoop.HalfMasks, masked => emit(code, masked));

    private static void EmitLargest(Assembler code, bool masked)
    {
        code.vmulps(zmm0, zmm22, __[rsi + (rax * 2)]);
        code.vmulps(zmm1, zmm22, __[rsi + (rax * 2) + 64]);
        code.vmaxps(masked ? zmm6.k1 : zmm6, zmm6, zmm0);
        code.vmaxps(masked ? zmm7.k2 : zmm7, zmm7, zmm1);
    }

    private static void EmitWeights(Assembler code, bool masked)
    {
        code.vmovups(zmm0, __[rsi + (rax * 2)]);
        code.vmovups(zmm1, __[rsi + (rax * 2) + 64]);
        code.vfmadd213ps(zmm0, zmm23, zmm24);
        code.vfmadd213ps(zmm1, zmm23, zmm24);
        PowerEmitter.Emit(code, zmm0, zmm2, zmm4);
        PowerEmitter.Emit(code, zmm1, zmm3, zmm5);
        if (masked)
        {
            code.vmovaps(zmm0.k1.z, zmm0);
            code.vmovaps(zmm1.k2.z, zmm1);
        }

        code.vaddps(zmm6, zmm6, zmm0);
        code.vaddps(zmm7, zmm7, zmm1);
        code.vcvtne2ps2bf16(zmm0, zmm1, zmm0);
        code.vmovups(__[rdi + rax], zmm0);
    }

    private static void EmitZeros(Assembler code)
    {
        Label block = code.CreateLabel();
        Label done = code.CreateLabel();
        code.Label(ref block);
        code.cmp(rax, Argument(nameof(WeightArguments.WeightStride)));
        code.jge(done);
        code.vmovups(__[rdi + rax], zmm25);
        code.add(rax, BlockLoop.Bytes);
        code.jmp(block);
        code.Label(ref done);
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<WeightArguments>(field);

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[r11 + Offset(field)];
}
