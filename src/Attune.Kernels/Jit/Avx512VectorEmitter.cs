using Attune.Tensors;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>AVX-512 with fp32 or, where the processor multiplies them, bf16 or 8-bit operands.</summary>
/// <param name="assembler">Where the instructions go.</param>
/// <param name="operands">F32, BF16 for pairs (VDPBF16PS), I8 for four codes (VPDPBUSD: unsigned on the left, signed on the right, sums of integers), or U8 for four that are unsigned on the right.</param>
/// <param name="convertsBF16">The processor has VCVTNEPS2BF16; otherwise integer instructions round.</param>
internal sealed class Avx512VectorEmitter(Assembler assembler, DType operands, bool convertsBF16) : VectorEmitter(assembler)
{
    /// <summary>The vector registers.</summary>
    public static readonly AssemblerRegisterZMM[] Zmm =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    private static readonly AssemblerRegisterYMM[] Ymm =
    [
        ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7, ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15,
        ymm16, ymm17, ymm18, ymm19, ymm20, ymm21, ymm22, ymm23, ymm24, ymm25, ymm26, ymm27, ymm28, ymm29, ymm30, ymm31,
    ];

    public override int PanelVectors => 1;

    public override int Registers => 32;

    public override int ProductsPerLane => sizeof(float) / operands.SizeInBytes;

    public override void LoadMask(AssemblerMemoryOperand source) => Assembler.kmovw(k1, source);

    public override void Zero(int target) => Assembler.vpxord(Zmm[target], Zmm[target], Zmm[target]);

    public override void LoadPacked(int target, AssemblerMemoryOperand source) => Assembler.vmovups(Zmm[target], source);

    public override void Broadcast(int target, AssemblerMemoryOperand source) => Assembler.vbroadcastss(Zmm[target], source);

    public override void MultiplyAdd(int sum, int left, int right)
    {
        switch (operands)
        {
            case DType.BF16:
                Assembler.vdpbf16ps(Zmm[sum], Zmm[left], Zmm[right]);
                break;
            case DType.I8:
                Assembler.vpdpbusd(Zmm[sum], Zmm[left], Zmm[right]);
                break;
            case DType.U8:
                Assembler.vpdpbusd(Zmm[sum], Zmm[right], Zmm[left]);
                break;
            default:
                Assembler.vfmadd231ps(Zmm[sum], Zmm[left], Zmm[right]);
                break;
        }
    }

    public override void MultiplyAdd(int sum, int left, AssemblerMemoryOperand right) => Assembler.vfmadd231ps(Zmm[sum], Zmm[left], right);

    public override void Multiply(int target, int factor) => Assembler.vmulps(Zmm[target], Zmm[target], Zmm[factor]);

    public override void MultiplyThenAdd(int target, int factor, int addend) =>
        Assembler.vfmadd213ps(Zmm[target], Zmm[factor], Zmm[addend]);

    public override void MultiplyThenAdd(int target, int factor, AssemblerMemoryOperand addend) =>
        Assembler.vfmadd213ps(Zmm[target], Zmm[factor], addend);

    public override void Add(int target, int addend) => Assembler.vaddps(Zmm[target], Zmm[target], Zmm[addend]);

    public override void Fill(int target, int value)
    {
        Assembler.mov(eax, value);
        Assembler.vpbroadcastd(Zmm[target], eax);
    }

    public override void And(int target, int left, int right) => Assembler.vpandd(Zmm[target], Zmm[left], Zmm[right]);

    public override void ShiftRight(int target, int source, byte bits) => Assembler.vpsrld(Zmm[target], Zmm[source], bits);

    public override void ShiftLeft(int target, byte bits) => Assembler.vpslld(Zmm[target], Zmm[target], bits);

    public override void ConvertInt32(int target) => Assembler.vcvtdq2ps(Zmm[target], Zmm[target]);

    public override void LoadF16(int target, AssemblerMemoryOperand source) => Assembler.vcvtph2ps(Zmm[target], source);

    public override void LoadF32(int target, AssemblerMemoryOperand source, bool masked) =>
        Assembler.vmovups(masked ? Zmm[target].k1.z : Zmm[target], source);

    public override void LoadBF16(int target, AssemblerMemoryOperand source, bool masked)
    {
        Assembler.vpmovzxwd(masked ? Zmm[target].k1.z : Zmm[target], source);
        Assembler.vpslld(Zmm[target], Zmm[target], 16);
    }

    public override void StoreF32(AssemblerMemoryOperand target, int source, bool masked) =>
        Assembler.vmovups(masked ? target.k1 : target, Zmm[source]);

    public override void PrepareRounding(int constant)
    {
        if (!convertsBF16)
        {
            // 0x7FFF, half of the last kept bit less one.
            Assembler.vpternlogd(Zmm[constant], Zmm[constant], Zmm[constant], 0xFF);
            Assembler.vpsrld(Zmm[constant], Zmm[constant], 17);
        }
    }

    public override void StoreBF16(AssemblerMemoryOperand target, int source, int constant, int temporary, bool masked)
    {
        AssemblerMemoryOperand place = masked ? target.k1 : target;
        if (!convertsBF16)
        {
            RoundToBF16(Zmm[source], Zmm[constant], Zmm[temporary]);
            Assembler.vpmovdw(place, Zmm[source]);
            return;
        }

        Assembler.vcvtneps2bf16(Ymm[source], Zmm[source]);
        Assembler.vmovdqu16(place, Ymm[source]);
    }

    /// <summary>Adds half of the last kept bit, to even on ties, and shifts; a NaN, always quiet after arithmetic, is only cut, because the sum could make it infinite.</summary>
    private void RoundToBF16(AssemblerRegisterZMM x, AssemblerRegisterZMM constant, AssemblerRegisterZMM temporary)
    {
        const byte Ordered = 7;
        Assembler.vcmpps(k2, x, x, Ordered);
        Assembler.vpslld(temporary, x, 15);
        Assembler.vpsrld(temporary, temporary, 31);
        Assembler.vpaddd(temporary, temporary, constant);
        Assembler.vpaddd(x.k2, x, temporary);
        Assembler.vpsrld(x, x, 16);
    }
}
