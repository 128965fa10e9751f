namespace Attune.Kernels.Cpu;

/// <summary>Instruction sets that the matrix products are written for, slowest first.</summary>
public enum CpuTier
{
    /// <summary>C# vectors only; runs wherever .NET runs.</summary>
    Portable,

    /// <summary>Emitted code with AVX2 and FMA; bf16 operands are widened to fp32 when they are packed.</summary>
    Avx2,

    /// <summary>Emitted code with AVX-512 (F, BW, DQ, VL); bf16 operands are widened to fp32 when they are packed.</summary>
    Avx512,

    /// <summary>AVX-512 with VDPBF16PS for bf16 operands.</summary>
    Avx512Bf16,

    /// <summary>AVX-512 with AMX tiles (TDPBF16PS) for bf16 operands; Linux only.</summary>
    AmxBf16,
}
