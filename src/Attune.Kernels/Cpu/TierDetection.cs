namespace Attune.Kernels.Cpu;

/// <summary>Chooses the tier of this process.</summary>
public static class TierDetection
{
    /// <summary>The environment variable that names a tier instead of the choice made here.</summary>
    public const string Variable = "ATTUNE_TIER";

    /// <summary>The tier of this process, chosen when it is first asked for.</summary>
    /// <exception cref="ArgumentException"><c>ATTUNE_TIER</c> names no tier that this machine can run.</exception>
    public static CpuTier Default => CpuTiers.Available[^1];
}
