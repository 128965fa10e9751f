using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>The argument of a <see cref="PeakKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PeakArguments
{
    /// <summary>Turns of the loop, at least 1.</summary>
    public long Turns;

    /// <summary>For loops on tiles.</summary>
    public TileConfiguration Configuration;
}
