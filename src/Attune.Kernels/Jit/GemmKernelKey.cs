using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Jit;

/// <summary>Names a matrix-product kernel.</summary>
/// <param name="Tier">Instructions it may use.</param>
/// <param name="Storage">Type of A and of packed B: F32, or BF16 on tiers that multiply it.</param>
/// <param name="Rows">Rows of its tile.</param>
/// <param name="Panels">Panels of 16 columns of its tile.</param>
/// <param name="Flags">What it does with the sums.</param>
internal readonly record struct GemmKernelKey(CpuTier Tier, DType Storage, int Rows, int Panels, GemmKernelFlags Flags);
