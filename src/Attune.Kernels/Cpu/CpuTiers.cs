using System.Runtime.Intrinsics.X86;

namespace Attune.Kernels.Cpu;

/// <summary>Names of the tiers and which of them the processor can run.</summary>
public static class CpuTiers
{
    private static readonly string[] Names = ["portable", "avx2", "avx512", "avx512-bf16", "amx-bf16"];

    extension(CpuTier tier)
    {
        /// <summary>The name used in logs, in JSON output and in <c>ATTUNE_TIER</c>, such as <c>avx512-bf16</c>.</summary>
        public string Name => Names[(int)tier];

        /// <summary>Whether processor, operating system and .NET settings allow the tier's instructions.</summary>
        public bool IsAvailable => tier switch
        {
            CpuTier.Portable => true,
            CpuTier.Avx2 => Environment.Is64BitProcess && Avx2.IsSupported && Fma.IsSupported,
            CpuTier.Avx512 => HasAvx512,
            CpuTier.Avx512Bf16 => HasAvx512 && HasBf16,
            CpuTier.AmxBf16 => HasAvx512 && HasBf16 && TileSupport.IsAvailable,
            _ => false,
        };
    }

    /// <summary>The tiers that this machine can run, slowest first.</summary>
    public static IReadOnlyList<CpuTier> Available { get; } = [.. Enum.GetValues<CpuTier>().Where(tier => tier.IsAvailable)];

    // IsSupported also says that the operating system keeps the registers over a switch of threads.
    private static bool HasAvx512 =>
        Environment.Is64BitProcess && Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported;

    // .NET has no class for AVX512_BF16: leaf 7, sub-leaf 1, EAX bit 5.
    private static bool HasBf16 => X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    /// <summary>Finds the tier with a name.</summary>
    /// <exception cref="ArgumentException">There is no such tier, or this machine cannot run it.</exception>
    public static CpuTier Parse(string name)
    {
        int index = Array.IndexOf(Names, name.Trim().ToLowerInvariant());
        if (index < 0)
        {
            throw new ArgumentException($"there is no instruction tier '{name}'; the tiers are {string.Join(", ", Names)}", nameof(name));
        }

        var tier = (CpuTier)index;
        return tier.IsAvailable
            ? tier
            : throw new ArgumentException(
                $"this machine cannot run the instruction tier '{name}'; it can run {string.Join(", ", Available.Select(each => each.Name))}", nameof(name));
    }
}
