using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>What an int8 product kernel computes on: <see cref="GemmArguments"/> with operands of 4 codes per step, and the numbers that make sums of codes sums of values.</summary>
/// <remarks>
/// A holds unsigned codes, 128 more than they stand for, B signed ones. Steps are summed in blocks of <see cref="BlockSteps"/>: the sum of a block is exact, starts from its correction, which takes the 128 off,
/// and is multiplied by its row's scale.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Int8Arguments
{
    /// <summary>Codes along K in a step.</summary>
    public const int StepCodes = 4;

    /// <summary>Steps of a block: 128 codes. With 256 the error in the loss of a model with large activations was three times as large, with 64 hardly smaller.</summary>
    public const int BlockSteps = 32;

    /// <summary>Codes of a block.</summary>
    public const int BlockCodes = BlockSteps * StepCodes;

    /// <summary>Operands, result and epilogue; first, because the epilogue's code finds its numbers here.</summary>
    public GemmArguments Product;

    /// <summary>Scales of the first row of A, one for each block.</summary>
    public float* RowScales;

    /// <summary>Bytes from the scales of a row to those of the next.</summary>
    public nint RowScaleStride;

    /// <summary>Of the first block, one number per column: -128 times the sum of the codes of B.</summary>
    public int* Corrections;

    /// <summary>Bytes from the corrections of a block to those of the next.</summary>
    public nint CorrectionStride;

    /// <summary>Scales of B, one per column of whole panels.</summary>
    public float* ColumnScales;
}
