using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

public sealed class PeakMeterTests
{
    public static TheoryData<CpuTier> AllTiers => Tiers.All;

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Measures_rates_of_every_kind(CpuTier tier)
    {
        Tiers.Require(tier);
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, tier);
        MachinePeaks peaks = PeakMeter.Measure(gemm);
        Assert.Equal((tier, 2), (peaks.Tier, peaks.Threads));
        Assert.Equal(tier == CpuTier.Portable, peaks.F32PeakFlopsPerSecond == 0);
        Assert.Equal(tier == CpuTier.Portable, peaks.BF16PeakFlopsPerSecond == 0);
        Assert.True(peaks.F32GemmFlopsPerSecond > 0);
        Assert.True(peaks.BF16GemmFlopsPerSecond > 0);
        Assert.True(peaks.MemoryBytesPerSecond > 0);
    }
}
