using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>AVX2 and FMA: fp32 operands, whole panels, fp32 results; the driver does the rest through a small tile.</summary>
internal sealed class Avx2VectorEmitter(Assembler assembler) : VectorEmitter(assembler)
{
    private static readonly AssemblerRegisterYMM[] Ymm =
        [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7, ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15];

    private static readonly AssemblerRegisterXMM[] Xmm =
        [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    public override int PanelVectors => 2;

    public override int Registers => 16;

    public override int ProductsPerLane => 1;

    public override void LoadMask(AssemblerMemoryOperand source) => throw Unsupported("masks");

    public override void Zero(int target) => Assembler.vxorps(Ymm[target], Ymm[target], Ymm[target]);

    public override void LoadPacked(int target, AssemblerMemoryOperand source) => Assembler.vmovups(Ymm[target], source);

    public override void Broadcast(int target, AssemblerMemoryOperand source) => Assembler.vbroadcastss(Ymm[target], source);

    public override void MultiplyAdd(int sum, int left, int right) => Assembler.vfmadd231ps(Ymm[sum], Ymm[left], Ymm[right]);

    public override void MultiplyAdd(int sum, int left, AssemblerMemoryOperand right) => throw Unsupported("numbers for all lanes in memory");

    public override void Multiply(int target, int factor) => Assembler.vmulps(Ymm[target], Ymm[target], Ymm[factor]);

    public override void MultiplyThenAdd(int target, int factor, int addend) =>
        Assembler.vfmadd213ps(Ymm[target], Ymm[factor], Ymm[addend]);

    public override void MultiplyThenAdd(int target, int factor, AssemblerMemoryOperand addend) =>
        Assembler.vfmadd213ps(Ymm[target], Ymm[factor], addend);

    public override void Add(int target, int addend) => Assembler.vaddps(Ymm[target], Ymm[target], Ymm[addend]);

    public override void Fill(int target, int value)
    {
        Assembler.mov(eax, value);
        Assembler.vmovd(Xmm[target], eax);
        Assembler.vpbroadcastd(Ymm[target], Xmm[target]);
    }

    public override void And(int target, int left, int right) => Assembler.vpand(Ymm[target], Ymm[left], Ymm[right]);

    public override void ShiftRight(int target, int source, byte bits) => Assembler.vpsrld(Ymm[target], Ymm[source], bits);

    public override void ShiftLeft(int target, byte bits) => Assembler.vpslld(Ymm[target], Ymm[target], bits);

    public override void ConvertInt32(int target) => Assembler.vcvtdq2ps(Ymm[target], Ymm[target]);

    public override void LoadF16(int target, AssemblerMemoryOperand source) => Assembler.vcvtph2ps(Ymm[target], source);

    public override void LoadF32(int target, AssemblerMemoryOperand source, bool masked) => Assembler.vmovups(Ymm[target], source);

    public override void LoadBF16(int target, AssemblerMemoryOperand source, bool masked) => throw Unsupported("bf16");

    public override void StoreF32(AssemblerMemoryOperand target, int source, bool masked) => Assembler.vmovups(target, Ymm[source]);

    public override void PrepareRounding(int constant) => throw Unsupported("bf16");

    public override void StoreBF16(AssemblerMemoryOperand target, int source, int constant, int temporary, bool masked) => throw Unsupported("bf16");

    private static NotSupportedException Unsupported(string what) => new($"AVX2 kernels have no {what}");
}
