using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

public sealed class TierDetectionTests
{
    public static TheoryData<CpuTier> AllTiers => Tiers.All;

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void The_self_check_passes_and_the_name_chooses_the_tier(CpuTier tier)
    {
        Tiers.Require(tier);
        Assert.True(TierDetection.IsUsable(tier));
        Assert.Equal(tier, TierDetection.Choose(tier.Name));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_a_name_it_chooses_an_emitted_tier_where_there_is_one(string? name)
    {
        CpuTier chosen = TierDetection.Choose(name);
        Assert.Contains(chosen, CpuTiers.Available);
        Assert.Equal(CpuTiers.Available.Count > 1, chosen != CpuTier.Portable);
    }

    [Fact]
    public void Unknown_names_are_refused() => Assert.Throws<ArgumentException>(() => TierDetection.Choose("sse"));
}
