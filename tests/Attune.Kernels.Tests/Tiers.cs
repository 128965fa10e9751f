using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests;

/// <summary>The tiers as rows of theories; those that the machine lacks are reported as skipped.</summary>
internal static class Tiers
{
    public static TheoryData<CpuTier> All => [.. Enum.GetValues<CpuTier>()];

    /// <summary>Skips what the machine cannot run, unless it is emulated.</summary>
    public static void Require(CpuTier tier, bool emulated) => Assert.SkipUnless(emulated || tier.IsAvailable, $"this machine cannot run the instruction tier {tier.Name}");

    public static void Require(CpuTier tier) => Assert.SkipUnless(tier.IsAvailable, $"this machine cannot run the instruction tier {tier.Name}");
}
