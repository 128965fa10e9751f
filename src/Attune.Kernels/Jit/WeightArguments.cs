using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>Rows of scores that <see cref="WeightEmitter"/>'s kernel makes weights of a soft-max; it moves the pointers on and counts <see cref="Rows"/> down.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct WeightArguments
{
    /// <summary>First row, with room for whole blocks of 32.</summary>
    public float* Scores;

    /// <summary>Bytes from a row to the next.</summary>
    public nint ScoreStride;

    /// <summary>Receives bf16, zeros behind the scores that count.</summary>
    public byte* Weights;

    /// <summary>Bytes of a row of weights, a multiple of 64.</summary>
    public nint WeightStride;

    /// <summary>Number of rows, at least 1.</summary>
    public nint Rows;

    /// <summary>Scores of each row that count, from the first on.</summary>
    public int* Seen;

    /// <summary>The largest score of each row so far.</summary>
    public float* Before;

    /// <summary>Receives the largest score with those of this call.</summary>
    public float* Largest;

    /// <summary>Receives the sum of e^(score - largest) over this call's scores.</summary>
    public float* Sums;

    /// <summary>What scores are multiplied by.</summary>
    public float Scale;

    /// <summary>The same times log2(e).</summary>
    public float BinaryScale;
}
