using System.ComponentModel;
using System.Diagnostics;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Chooses the tier of this process: what the processor can run, of that what is fast, of that what proves to compute rightly.</summary>
public static class TierDetection
{
    /// <summary>The environment variable that names a tier instead of the choice made here.</summary>
    public const string Variable = "ATTUNE_TIER";

    private const int Rounds = 5;
    private const int Turns = 4000;
    private static readonly Lazy<CpuTier> Choice = new(() => Choose(Environment.GetEnvironmentVariable(Variable)));

    /// <summary>The tier of this process, chosen when it is first asked for.</summary>
    /// <exception cref="ArgumentException"><c>ATTUNE_TIER</c> names no tier that this machine can run.</exception>
    public static CpuTier Default => Choice.Value;

    /// <summary>Chooses a tier.</summary>
    /// <param name="name">A tier that the user wants, or null or empty for the best.</param>
    /// <exception cref="ArgumentException">There is no such tier, this machine cannot run it, or its self-check fails.</exception>
    internal static CpuTier Choose(string? name)
    {
        if (!string.IsNullOrWhiteSpace(name))
        {
            CpuTier wanted = CpuTiers.Parse(name);
            return IsUsable(wanted) ? wanted : throw new ArgumentException($"the instruction tier '{name}' fails its self-check on this machine", nameof(name));
        }

        for (int i = CpuTiers.Available.Count - 1; i > 0; i--)
        {
            CpuTier tier = CpuTiers.Available[i];
            if (IsUsable(tier) && (tier < CpuTier.Avx512Bf16 || MultipliesBF16Fast(tier)))
            {
                return tier;
            }
        }

        return CpuTier.Portable;
    }

    /// <summary>Whether the tier's code can be made executable on this system, may run on the engine's threads and computes what the reference computes.</summary>
    internal static bool IsUsable(CpuTier tier)
    {
        try
        {
            return TierSelfCheck.Passes(GemmKernels.For(tier));
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Some processors have VDPBF16PS at a quarter of the rate of others: fp32 multiply-adds of widened numbers are then faster. Tiles must prove themselves, too.</summary>
    private static bool MultipliesBF16Fast(CpuTier tier)
    {
        GemmKernels kernels = GemmKernels.For(tier);
        using var pool = new WorkerPool(1);
        if (kernels.Tiles is not null)
        {
            pool.KeepCallersOut();
        }

        var job = new RateJob(PeakKernel.Create(kernels, DType.BF16), PeakKernel.Create(kernels, DType.F32));
        pool.Run(ref job, 1);
        return job.NarrowRate > job.WideRate;
    }

    private struct RateJob(PeakKernel narrow, PeakKernel wide) : IJob
    {
        public double NarrowRate { get; private set; }

        public double WideRate { get; private set; }

        public void Execute(int index, int worker)
        {
            for (int round = 0; round < Rounds; round++)
            {
                NarrowRate = Math.Max(NarrowRate, Rate(narrow));
                WideRate = Math.Max(WideRate, Rate(wide));
            }
        }

        private static double Rate(PeakKernel kernel)
        {
            long start = Stopwatch.GetTimestamp();
            kernel.Run(Turns);
            return (double)kernel.OperationsPerTurn / Math.Max(1, Stopwatch.GetTimestamp() - start);
        }
    }
}
