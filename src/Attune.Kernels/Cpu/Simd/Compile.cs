using System.Runtime.CompilerServices;

namespace Attune.Kernels.Cpu.Simd;

/// <summary>How methods are compiled.</summary>
internal static class Compile
{
    /// <summary>
    /// A loop over vectors. Fully optimised at its first call, because the first steps of a training would otherwise run for seconds in code whose vectors live in memory;
    /// and a method of its own, because the compiler gives up inlining the vector operations when their loop has become part of something large.
    /// </summary>
    public const MethodImplOptions Loop = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;
}
