using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>Rows of keys or values that <see cref="SingleQueryEmitter"/>'s kernels take for a single query, and what they make of them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SingleQueryArguments
{
    /// <summary>First row, bf16.</summary>
    public byte* Rows;

    /// <summary>Bytes from a row to the next.</summary>
    public nint RowBytes;

    /// <summary>Number of rows, a multiple of 16.</summary>
    public nint Count;

    /// <summary>The query in bf16 for scores; for sums the weights of the rows in bf16, those of the next head <see cref="SingleQueryEmitter.WeightStride"/> bytes further on.</summary>
    public byte* Operand;

    /// <summary>Receives a score for each row, or is added the sums to, those of the next head <see cref="ResultStride"/> bytes further on. Single precision.</summary>
    public float* Result;

    public nint ResultStride;
}
