using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Kernels.Cpu;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune doctor</c>.</summary>
internal sealed record DoctorOptions
{
    /// <summary>Threads to measure with. Range: 1 to 1024. Default: one per physical core.</summary>
    public int? Threads { get; init; }
}

/// <summary><c>attune doctor</c>.</summary>
internal sealed class DoctorCommand : ToolCommand
{
    public override string Name => "doctor";

    public override string Summary => "Say what this machine can do: instruction tier, measured peaks, memory, threads, versions.";

    public override IReadOnlyList<string> Remarks => [$"The environment variable {TierDetection.Variable} chooses another tier: {string.Join(", ", Enum.GetValues<CpuTier>().Select(tier => tier.Name))}, where the processor has it."];

    public override IReadOnlyList<string> Examples => ["attune doctor"];

    public override IReadOnlyList<string> JsonFields =>
    [
        "version", "dotnet", "os", "tier", "tiers", "threads", "processors", "memory_bytes", "memory_free_bytes", "f32_peak_flops_per_second", "bf16_peak_flops_per_second",
        "f32_gemm_flops_per_second", "bf16_gemm_flops_per_second", "memory_bytes_per_second",
    ];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<DoctorOptions>("Measurement");

    public override JsonObject Run(CommandContext context)
    {
        int? threads = context.Values.Build<DoctorOptions>().Threads;
        if (threads is < 1 or > 1024)
        {
            throw new UsageException($"threads: expected a number from 1 to 1024, found {threads}");
        }

        context.Terminal.Note("measuring ...");
        MachinePeaks peaks = Measure(threads);
        GCMemoryInfo memory = GC.GetGCMemoryInfo(GCKind.Any);
        long total = memory.TotalAvailableMemoryBytes;
        long? free = Memory.AvailableBytes();
        Row("attune", ToolHost.Version);
        Row(".NET", RuntimeInformation.FrameworkDescription);
        Row("system", $"{RuntimeInformation.OSDescription} ({RuntimeInformation.ProcessArchitecture})");
        Row("instruction tier", $"{peaks.Tier.Name} (this processor has {string.Join(", ", CpuTiers.Available.Select(tier => tier.Name))})");
        Row("threads", $"{peaks.Threads} of {Environment.ProcessorCount} processors");
        Row("memory", $"{Sizes.Text(total)}{(free is null ? "" : $", {Sizes.Text(free.Value)} free")}");
        Row("arithmetic peak", $"fp32 {Gflops(peaks.F32PeakFlopsPerSecond)}, bf16 {Gflops(peaks.BF16PeakFlopsPerSecond)}");
        Row("matrix products", $"fp32 {Gflops(peaks.F32GemmFlopsPerSecond)}, bf16 {Gflops(peaks.BF16GemmFlopsPerSecond)}");
        Row("memory reads", string.Create(CultureInfo.InvariantCulture, $"{peaks.MemoryBytesPerSecond / 1e9:0.0} GB/s"));
        return new JsonObject
        {
            ["version"] = ToolHost.Version,
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
            ["os"] = RuntimeInformation.OSDescription,
            ["tier"] = peaks.Tier.Name,
            ["tiers"] = new JsonArray([.. CpuTiers.Available.Select(tier => (JsonNode)tier.Name)]),
            ["threads"] = peaks.Threads,
            ["processors"] = Environment.ProcessorCount,
            ["memory_bytes"] = total,
            ["memory_free_bytes"] = free,
            ["f32_peak_flops_per_second"] = peaks.F32PeakFlopsPerSecond,
            ["bf16_peak_flops_per_second"] = peaks.BF16PeakFlopsPerSecond,
            ["f32_gemm_flops_per_second"] = peaks.F32GemmFlopsPerSecond,
            ["bf16_gemm_flops_per_second"] = peaks.BF16GemmFlopsPerSecond,
            ["memory_bytes_per_second"] = peaks.MemoryBytesPerSecond,
        };

        void Row(string name, string value) => context.Terminal.Result($"{name,-18}{value}");
    }

    private static MachinePeaks Measure(int? threads)
    {
        try
        {
            using var pool = new WorkerPool(threads);
            using var gemm = new Gemm(pool, TierDetection.Default);
            return PeakMeter.Measure(gemm);
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }

    private static string Gflops(double flopsPerSecond) =>
        flopsPerSecond == 0 ? "not measured on this tier" : string.Create(CultureInfo.InvariantCulture, $"{flopsPerSecond / 1e9:N0} GFLOP/s");
}
