using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>A row of bf16 logits that <see cref="LogitEmitter"/>'s kernels read or replace.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LogitArguments
{
    public byte* Row;

    /// <summary>Numbers of the row, at least 1.</summary>
    public nint Count;

    /// <summary>What is added to x log2(e) before 2 is raised to it.</summary>
    public float Shift;

    /// <summary>Receives what a kernel finds: the largest number, or the sum.</summary>
    public float Result;
}
