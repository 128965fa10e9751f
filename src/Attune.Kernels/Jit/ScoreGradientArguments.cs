using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>
/// What <see cref="ScoreGradientEmitter"/>'s kernel computes on: pairs of keys below each other, all queries of a block beside each other. It moves the pointers and <see cref="FirstKey"/> on and counts
/// <see cref="Pairs"/> down.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ScoreGradientArguments
{
    /// <summary>K Q^T.</summary>
    public float* Products;

    /// <summary>V dY^T.</summary>
    public float* WeightGradients;

    /// <summary>Bytes from a row of both to the next.</summary>
    public nint Stride;

    /// <summary>Receives P^T in bf16.</summary>
    public byte* Weights;

    /// <summary>Receives dS^T in bf16.</summary>
    public byte* ScoreGradients;

    /// <summary>Bytes from a row of both to the next.</summary>
    public nint RowBytes;

    /// <summary>Receives dS^T in panels, a step of each per pair of keys.</summary>
    public byte* Panels;

    /// <summary>Bytes from a panel to the next.</summary>
    public nint PanelStride;

    /// <summary>Panels of 16 queries, at least 1.</summary>
    public nint Width;

    /// <summary>Pairs of keys, at least 1.</summary>
    public nint Pairs;

    /// <summary>Of each query the largest score, negated; <see cref="Stride"/> bytes further 1 / sum(e^(score - largest)), and once more sum(dY y).</summary>
    public float* Statistics;

    /// <summary>Of each query the first key that it sees; <see cref="Stride"/> bytes further the end of those.</summary>
    public float* Range;

    /// <summary>Index of the first key.</summary>
    public float FirstKey;

    /// <summary>What products are multiplied by.</summary>
    public float Scale;

    /// <summary>The same times log2(e).</summary>
    public float BinaryScale;
}
