using System.Runtime.InteropServices;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// What makes the softmax of a row again. Two numbers, because the logarithm of the sum would have to hold both: beside a large score its rounding error is one of the whole row.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct RowStatistics
{
    public RowStatistics(float largest, float denominator)
    {
        Largest = denominator == 0 ? 0 : largest;
        Inverse = denominator == 0 ? 0 : 1 / denominator;
    }

    /// <summary>The largest score; 0 for a query that sees no key.</summary>
    public float Largest { get; }

    /// <summary>1 / sum(e^(score - largest)); 0 for a query that sees no key, whose result is 0.</summary>
    public float Inverse { get; }
}
