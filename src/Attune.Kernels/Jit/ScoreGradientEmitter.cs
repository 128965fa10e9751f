using System.Runtime.InteropServices;
using Attune.Kernels.Cpu.Simd;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>
/// Writes the kernel that makes weights P = e^(scale product - largest) / sum and gradients dS = scale P (dP - delta) of products, for processors with AVX-512 BF16: two keys by 16 queries at a time.
/// </summary>
/// <remarks>
/// rsi and rdi walk over the products and dP by the stride in rdx, rbx and r8 over P and dS by that in r9, r10 over panels, rcx over statistics, rbp over ranges; rax counts panels. zmm8 to zmm10 and zmm20 to zmm23 are
/// constants, the first two the numbers of the keys.
/// </remarks>
internal static class ScoreGradientEmitter
{
    private const int PanelBytes = 64;
    private const byte LessOrEqual = 2;
    private const byte Less = 1;

    /// <summary>Emits the kernel.</summary>
    /// <param name="code">Where the instructions go.</param>
    /// <param name="masked">Whether some query does not see some key, whose weight and gradient then are 0.</param>
    public static void Emit(Assembler code, bool masked)
    {
        CallingConvention.Enter(code);
        PowerEmitter.LoadConstants(code);
        PowerEmitter.Broadcast(code, zmm20, VecMath.BinaryLogarithmOfE);
        code.vmovaps(zmm10, PowerEmitter.One);
        PairOrder.Load(code, zmm21);
        code.vbroadcastss(zmm22, __dword_ptr[r11 + Offset(nameof(ScoreGradientArguments.Scale))]);
        code.vbroadcastss(zmm23, __dword_ptr[r11 + Offset(nameof(ScoreGradientArguments.BinaryScale))]);
        code.mov(rdx, Argument(nameof(ScoreGradientArguments.Stride)));
        code.mov(r9, Argument(nameof(ScoreGradientArguments.RowBytes)));
        Label pair = code.CreateLabel();
        Label panel = code.CreateLabel();
        code.Label(ref pair);
        LoadPointers(code);
        code.Label(ref panel);
        EmitWeights(code);
        if (masked)
        {
            EmitMask(code, k1, zmm8, zmm0, zmm6);
            EmitMask(code, k2, zmm9, zmm1, zmm7);
        }

        EmitStores(code);
        NextPanel(code);
        code.jnz(panel);
        NextPair(code);
        code.jnz(pair);
        CallingConvention.Leave(code);
    }

    private static void LoadPointers(Assembler code)
    {
        code.mov(rsi, Argument(nameof(ScoreGradientArguments.Products)));
        code.mov(rdi, Argument(nameof(ScoreGradientArguments.WeightGradients)));
        code.mov(rbx, Argument(nameof(ScoreGradientArguments.Weights)));
        code.mov(r8, Argument(nameof(ScoreGradientArguments.ScoreGradients)));
        code.mov(r10, Argument(nameof(ScoreGradientArguments.Panels)));
        code.mov(rcx, Argument(nameof(ScoreGradientArguments.Statistics)));
        code.mov(rbp, Argument(nameof(ScoreGradientArguments.Range)));
        code.mov(rax, Argument(nameof(ScoreGradientArguments.Width)));
        code.vbroadcastss(zmm8, __dword_ptr[r11 + Offset(nameof(ScoreGradientArguments.FirstKey))]);
        code.vaddps(zmm9, zmm8, zmm10);
    }

    /// <summary>P in zmm0 and zmm1, dS in zmm6 and zmm7.</summary>
    private static void EmitWeights(Assembler code)
    {
        code.vmulps(zmm16, zmm20, __[rcx]);
        code.vmovups(zmm17, __[rcx + rdx]);
        code.vmulps(zmm18, zmm22, __[rcx + (rdx * 2)]);
        code.vmovups(zmm0, __[rsi]);
        code.vmovups(zmm1, __[rsi + rdx]);
        code.vfmadd213ps(zmm0, zmm23, zmm16);
        code.vfmadd213ps(zmm1, zmm23, zmm16);
        PowerEmitter.Emit(code, zmm0, zmm2, zmm4);
        PowerEmitter.Emit(code, zmm1, zmm3, zmm5);
        code.vmulps(zmm0, zmm0, zmm17);
        code.vmulps(zmm1, zmm1, zmm17);
        code.vmovups(zmm6, __[rdi]);
        code.vmovups(zmm7, __[rdi + rdx]);
        code.vfmsub213ps(zmm6, zmm22, zmm18);
        code.vfmsub213ps(zmm7, zmm22, zmm18);
        code.vmulps(zmm6, zmm6, zmm0);
        code.vmulps(zmm7, zmm7, zmm1);
    }

    private static void EmitMask(Assembler code, AssemblerRegisterK mask, AssemblerRegisterZMM key, AssemblerRegisterZMM weight, AssemblerRegisterZMM gradient)
    {
        code.vmovups(zmm16, __[rbp]);
        code.vcmpps(mask, zmm16, key, LessOrEqual);
        code.vcmpps(Within(mask), key, __[rbp + rdx], Less);
        code.vmovaps(Within(weight, mask), weight);
        code.vmovaps(Within(gradient, mask), gradient);
    }

    private static AssemblerRegisterK Within(AssemblerRegisterK mask) => mask == k1 ? mask.k1 : mask.k2;

    private static AssemblerRegisterZMM Within(AssemblerRegisterZMM register, AssemblerRegisterK mask) => mask == k1 ? register.k1.z : register.k2.z;

    private static void EmitStores(Assembler code)
    {
        code.vcvtne2ps2bf16(zmm0, zmm1, zmm0);
        code.vmovups(__[rbx], ymm0);
        code.vextractf64x4(__[rbx + r9], zmm0, 1);
        code.vcvtne2ps2bf16(zmm6, zmm7, zmm6);
        code.vmovups(__[r8], ymm6);
        code.vextractf64x4(__[r8 + r9], zmm6, 1);
        code.vpermw(zmm6, zmm21, zmm6);
        code.vmovups(__[r10], zmm6);
    }

    private static void NextPanel(Assembler code)
    {
        foreach (AssemblerRegister64 walker in (ReadOnlySpan<AssemblerRegister64>)[rsi, rdi, rcx, rbp])
        {
            code.add(walker, PanelBytes);
        }

        code.add(rbx, PanelBytes / 2);
        code.add(r8, PanelBytes / 2);
        code.add(r10, Argument(nameof(ScoreGradientArguments.PanelStride)));
        code.dec(rax);
    }

    private static void NextPair(Assembler code)
    {
        code.lea(rax, __[rdx * 2]);
        code.add(Argument(nameof(ScoreGradientArguments.Products)), rax);
        code.add(Argument(nameof(ScoreGradientArguments.WeightGradients)), rax);
        code.lea(rax, __[r9 * 2]);
        code.add(Argument(nameof(ScoreGradientArguments.Weights)), rax);
        code.add(Argument(nameof(ScoreGradientArguments.ScoreGradients)), rax);
        code.add(Argument(nameof(ScoreGradientArguments.Panels)), PanelBytes);
        code.vaddss(xmm9, xmm9, xmm10);
        code.vmovss(__dword_ptr[r11 + Offset(nameof(ScoreGradientArguments.FirstKey))], xmm9);
        code.dec(Argument(nameof(ScoreGradientArguments.Pairs)));
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<ScoreGradientArguments>(field);

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[r11 + Offset(field)];
}
