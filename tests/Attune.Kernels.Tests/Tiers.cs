using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests;

/// <summary>The tiers as rows of theories; those that the machine lacks are reported as skipped.</summary>
internal static class Tiers
{
    public static TheoryData<CpuTier> All => [.. Enum.GetValues<CpuTier>()];

    public static void Require(CpuTier tier) => Assert.SkipUnless(tier.IsAvailable, $"this machine cannot run the instruction tier {tier.Name}");
}
