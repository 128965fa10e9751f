using Attune.Kernels.Cpu;

namespace Attune.Kernels;

/// <summary>How a <see cref="CpuBackend"/> computes.</summary>
public sealed record CpuBackendOptions
{
    /// <summary>Threads that work, the calling one included, 1 to 1,024; null (the default) for one per physical core.</summary>
    public int? Threads { get; init; }

    /// <summary>Instructions to use; null (the default) for the fastest that the machine has.</summary>
    public CpuTier? Tier { get; init; }
}
