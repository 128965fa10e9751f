using System.Runtime.InteropServices;
using Attune.Kernels.Cpu.Simd;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes the kernels that take a row of bf16 logits to its soft-max, for processors with AVX-512 BF16.</summary>
/// <remarks>
/// A register of 32 numbers becomes one of those at even and one of those at odd places: each is the upper half of its lane. rsi is the row, walked over by a <see cref="BlockLoop"/>;
/// k1 and k2 are the even and odd lanes of its rest, k3 all of it. zmm6 and zmm7 are largest numbers or sums, zmm20 to zmm25 constants.
/// </remarks>
internal static class LogitEmitter
{
    /// <summary>The largest number of the row.</summary>
    public static void EmitLargest(Assembler code) => EmitRow(
        code,
        static code =>
        {
            PowerEmitter.Broadcast(code, zmm6, float.NegativeInfinity);
            code.vmovaps(zmm7, zmm6);
        },
        static (code, masked) =>
        {
            Load(code, masked);
            code.vmaxps(masked ? zmm6.k1 : zmm6, zmm6, zmm0);
            code.vmaxps(masked ? zmm7.k2 : zmm7, zmm7, zmm1);
        },
        static code =>
        {
            code.vmaxps(zmm6, zmm6, zmm7);
            LaneFold.Emit(code, code.vmaxps, code.vmaxps);
            code.vmovss(__dword_ptr[r11 + Offset(nameof(LogitArguments.Result))], xmm6);
        });

    /// <summary>The sum of 2^(x log2(e) + shift) over the row.</summary>
    public static void EmitSum(Assembler code) => EmitRow(
        code,
        static code =>
        {
            LoadPowerConstants(code);
            code.vpxord(zmm6, zmm6, zmm6);
            code.vpxord(zmm7, zmm7, zmm7);
        },
        static (code, masked) =>
        {
            EmitPowers(code, masked);
            code.vaddps(masked ? zmm6.k1 : zmm6, zmm6, zmm0);
            code.vaddps(masked ? zmm7.k2 : zmm7, zmm7, zmm1);
        },
        static code =>
        {
            code.vaddps(zmm6, zmm6, zmm7);
            LaneFold.Emit(code, code.vaddps, code.vaddps);
            code.vmovss(__dword_ptr[r11 + Offset(nameof(LogitArguments.Result))], xmm6);
        });

    /// <summary>x = 2^(x log2(e) + shift).</summary>
    public static void EmitPower(Assembler code) => EmitRow(
        code,
        static code =>
        {
            LoadPowerConstants(code);
            PairOrder.Load(code, zmm23);
        },
        static (code, masked) =>
        {
            EmitPowers(code, masked);
            code.vcvtne2ps2bf16(zmm0, zmm1, zmm0);
            code.vpermw(zmm0, zmm23, zmm0);
            code.vmovdqu16(masked ? __zmmword_ptr[rsi + rax].k3 : __zmmword_ptr[rsi + rax], zmm0);
        },
        static code => { });

    private static void EmitRow(Assembler code, Action<Assembler> begin, Action<Assembler, bool> block, Action<Assembler> end)
    {
        CallingConvention.Enter(code);
        code.mov(eax, unchecked((int)0xFFFF0000));
        code.vpbroadcastd(zmm22, eax);
        begin(code);
        code.mov(rsi, __qword_ptr[r11 + Offset(nameof(LogitArguments.Row))]);
        BlockLoop.Emit(code, __dword_ptr[r11 + Offset(nameof(LogitArguments.Count))], EmitMasks, masked => block(code, masked));
        end(code);
        CallingConvention.Leave(code);
    }

    /// <summary>Of n numbers (n + 1) / 2 are at even places and n / 2 at odd ones.</summary>
    private static void EmitMasks(Assembler code)
    {
        code.mov(ecx, -1);
        code.bzhi(ebx, ecx, edx);
        code.kmovd(k3, ebx);
        code.mov(ebx, edx);
        code.shr(ebx, 1);
        code.bzhi(ebx, ecx, ebx);
        code.kmovd(k2, ebx);
        code.inc(edx);
        code.shr(edx, 1);
        code.bzhi(ebx, ecx, edx);
        code.kmovd(k1, ebx);
    }

    private static void LoadPowerConstants(Assembler code)
    {
        PowerEmitter.LoadConstants(code);
        PowerEmitter.Broadcast(code, zmm24, VecMath.BinaryLogarithmOfE);
        code.vbroadcastss(zmm25, __dword_ptr[r11 + Offset(nameof(LogitArguments.Shift))]);
    }

    /// <summary>zmm0 are the numbers at even places, zmm1 those at odd ones.</summary>
    private static void Load(Assembler code, bool masked)
    {
        code.vmovdqu16(masked ? zmm1.k3.z : zmm1, __zmmword_ptr[rsi + rax]);
        code.vpslld(zmm0, zmm1, 16);
        code.vpandd(zmm1, zmm1, zmm22);
    }

    private static void EmitPowers(Assembler code, bool masked)
    {
        Load(code, masked);
        code.vfmadd213ps(zmm0, zmm24, zmm25);
        code.vfmadd213ps(zmm1, zmm24, zmm25);
        PowerEmitter.Emit(code, zmm0, zmm2, zmm4);
        PowerEmitter.Emit(code, zmm1, zmm3, zmm5);
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<LogitArguments>(field);
}
