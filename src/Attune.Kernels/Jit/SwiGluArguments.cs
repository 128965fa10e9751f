using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>Runs of bf16 that <see cref="SwiGluEmitter"/>'s kernels work on, as long as each other.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SwiGluArguments
{
    public byte* Gate;

    public byte* Up;

    /// <summary>dY; not read by the forward kernel.</summary>
    public byte* Upstream;

    /// <summary>Receives y, or dGate.</summary>
    public byte* First;

    /// <summary>Receives dUp; not written by the forward kernel.</summary>
    public byte* Second;

    /// <summary>Numbers of each run.</summary>
    public nint Count;
}
