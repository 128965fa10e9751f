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
            if (IsUsable(tier) && (tier != CpuTier.Avx512Bf16 || MultipliesBF16Fast()))
            {
                return tier;
            }
        }

        return CpuTier.Portable;
    }

    /// <summary>Whether the tier's code can be made executable on this system and computes what the reference computes.</summary>
    internal static bool IsUsable(CpuTier tier)
    {
        try
        {
            return TierSelfCheck.Passes(GemmKernels.For(tier));
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Some processors have VDPBF16PS at a quarter of the rate of others: fp32 multiply-adds of widened numbers are then faster.</summary>
    private static bool MultipliesBF16Fast()
    {
        GemmKernels kernels = GemmKernels.For(CpuTier.Avx512Bf16);
        PeakKernel narrow = PeakKernel.Create(kernels, DType.BF16);
        PeakKernel wide = PeakKernel.Create(kernels, DType.F32);
        double narrowRate = 0;
        double wideRate = 0;
        for (int round = 0; round < Rounds; round++)
        {
            narrowRate = Math.Max(narrowRate, Rate(narrow));
            wideRate = Math.Max(wideRate, Rate(wide));
        }

        return narrowRate > wideRate;
    }

    private static double Rate(PeakKernel kernel)
    {
        long start = Stopwatch.GetTimestamp();
        kernel.Run(Turns);
        return (double)kernel.OperationsPerTurn / Math.Max(1, Stopwatch.GetTimestamp() - start);
    }
}
