using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

public sealed class CpuTiersTests
{
    [Fact]
    public void The_portable_tier_is_always_available() => Assert.Contains(CpuTier.Portable, CpuTiers.Available);

    [Fact]
    public void Names_lead_back_to_available_tiers() => Assert.All(CpuTiers.Available, tier => Assert.Equal(tier, CpuTiers.Parse(tier.Name)));

    [Fact]
    public void Every_tier_has_a_name() => Assert.All(Enum.GetValues<CpuTier>(), tier => Assert.NotEmpty(tier.Name));

    [Fact]
    public void Unknown_names_are_refused_with_the_known_ones() =>
        Assert.Contains("portable, avx2", Assert.Throws<ArgumentException>(() => CpuTiers.Parse("neon")).Message, StringComparison.Ordinal);

    [Fact]
    public void Tiers_that_the_machine_lacks_are_refused()
    {
        var missing = Enum.GetValues<CpuTier>().Except(CpuTiers.Available).ToArray();
        Assert.SkipWhen(missing.Length == 0, "this machine can run every tier");
        Assert.All(missing, tier => Assert.Throws<ArgumentException>(() => CpuTiers.Parse(tier.Name)));
    }
}
