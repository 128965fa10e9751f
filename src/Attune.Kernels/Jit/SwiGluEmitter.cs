using System.Runtime.InteropServices;
using Attune.Kernels.Cpu.Simd;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes the kernels of y = silu(gate) up and of its gradient in bf16, for processors with AVX-512 BF16.</summary>
/// <remarks>
/// silu(x) = x s with s = 1 / (1 + e^-x), dUp = dY x s, dGate = dY up s (1 + x (1 - s)); e^-x ends at 2^126, where s is as good as 0, so that a reciprocal refined once will do.
/// rsi is the gate, rdi up, r8 the gradient from above, r9 and r10 the results, all walked over by one <see cref="BlockLoop"/>; k1 and k2 are its masks.
/// zmm24 and zmm25 are constants beside those of <see cref="PowerEmitter"/>.
/// </remarks>
internal static class SwiGluEmitter
{
    private const int HalfBytes = BlockLoop.Bytes / 2;
    private const float LargestExponent = 126;

    // One half of a block each: gate, up, dY or a scratch register, sigmoid, and two scratch registers.
    private static readonly AssemblerRegisterZMM[] Lower = [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5];
    private static readonly AssemblerRegisterZMM[] Upper = [zmm6, zmm7, zmm8, zmm9, zmm10, zmm11];

    /// <summary>Emits a kernel.</summary>
    public static void Emit(Assembler code, bool isGradient)
    {
        CallingConvention.Enter(code);
        PowerEmitter.LoadConstants(code);
        PowerEmitter.Broadcast(code, zmm24, LargestExponent);
        PowerEmitter.Broadcast(code, zmm25, -VecMath.BinaryLogarithmOfE);
        code.mov(rsi, Argument(nameof(SwiGluArguments.Gate)));
        code.mov(rdi, Argument(nameof(SwiGluArguments.Up)));
        code.mov(r8, Argument(nameof(SwiGluArguments.Upstream)));
        code.mov(r9, Argument(nameof(SwiGluArguments.First)));
        code.mov(r10, Argument(nameof(SwiGluArguments.Second)));
        BlockLoop.Emit(
            code, __dword_ptr[r11 + Offset(nameof(SwiGluArguments.Count))], BlockLoop.HalfMasks, masked => EmitBlock(code, isGradient, masked));
        CallingConvention.Leave(code);
    }

    private static void EmitBlock(Assembler code, bool isGradient, bool masked)
    {
        EmitHalf(code, Lower, 0, isGradient, masked ? k1 : default);
        EmitHalf(code, Upper, HalfBytes, isGradient, masked ? k2 : default);
        Store(code, r9, Lower[0], Upper[0], masked);
        if (isGradient)
        {
            Store(code, r10, Lower[1], Upper[1], masked);
        }
    }

    /// <summary>Leaves y in the gate's register, or dGate there and dUp in that of up.</summary>
    private static void EmitHalf(Assembler code, AssemblerRegisterZMM[] registers, int offset, bool isGradient, AssemblerRegisterK mask)
    {
        (AssemblerRegisterZMM gate, AssemblerRegisterZMM up, AssemblerRegisterZMM upstream, AssemblerRegisterZMM sigmoid) = (registers[0], registers[1], registers[2], registers[3]);
        Load(code, gate, rsi, offset, mask);
        Load(code, up, rdi, offset, mask);
        EmitSigmoid(code, gate, sigmoid, registers[4], registers[5]);
        if (!isGradient)
        {
            code.vmulps(gate, gate, sigmoid);
            code.vmulps(gate, gate, up);
            return;
        }

        Load(code, upstream, r8, offset, mask);
        code.vmulps(upstream, upstream, sigmoid);
        code.vmulps(registers[4], up, upstream);
        code.vmulps(up, gate, upstream);

        // 1 + x - x s
        code.vfnmadd213ps(sigmoid, gate, gate);
        code.vaddps(sigmoid, sigmoid, PowerEmitter.One);
        code.vmulps(gate, registers[4], sigmoid);
    }

    private static void Load(Assembler code, AssemblerRegisterZMM target, AssemblerRegister64 source, int offset, AssemblerRegisterK mask)
    {
        AssemblerRegisterZMM loaded = mask == k1 ? target.k1.z : mask == k2 ? target.k2.z : target;
        code.vpmovzxwd(loaded, __ymmword_ptr[source + rax + offset]);
        code.vpslld(target, target, 16);
    }

    private static void EmitSigmoid(Assembler code, AssemblerRegisterZMM x, AssemblerRegisterZMM sigmoid, AssemblerRegisterZMM t0, AssemblerRegisterZMM t1)
    {
        code.vmulps(sigmoid, x, zmm25);

        // x second, so that NaN passes.
        code.vminps(sigmoid, zmm24, sigmoid);
        PowerEmitter.Emit(code, sigmoid, t0, t1);
        code.vaddps(t0, sigmoid, PowerEmitter.One);
        code.vrcp14ps(sigmoid, t0);
        code.vfnmadd213ps(t0, sigmoid, PowerEmitter.One);
        code.vfmadd213ps(sigmoid, t0, sigmoid);
    }

    private static void Store(Assembler code, AssemblerRegister64 target, AssemblerRegisterZMM lower, AssemblerRegisterZMM upper, bool masked)
    {
        code.vcvtne2ps2bf16(lower, upper, lower);
        code.vmovdqu16(masked ? __zmmword_ptr[target + rax].k1 : __zmmword_ptr[target + rax], lower);
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<SwiGluArguments>(field);

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[r11 + Offset(field)];
}
