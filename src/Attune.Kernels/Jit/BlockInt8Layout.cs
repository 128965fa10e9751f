using Attune.Tensors.Backends;

namespace Attune.Kernels.Jit;

/// <summary>How the operands of products of int8 rows with weights of few bits lie in memory, block by block of <see cref="Codes"/> neighbours along K.</summary>
/// <remarks>
/// A row of A has for each block its signed codes, the scale that takes them back (fp32), and what the block's sums begin with: minus the code that stands for 0 in the weight times the sum
/// of the codes (an integer), or, where the weight has offsets, the number that offsets are multiplied with (fp32), the scale times the sum of the codes.
/// A panel of the weight, 16 columns, has for each block its unsigned codes [8][16][4], 16 scales and, if there are any, 16 offsets (fp32). Codes of both operands lie in the same order along K,
/// whatever that is: sums of integers do not depend on it.
/// </remarks>
internal static class BlockInt8Layout
{
    /// <summary>Codes of a block.</summary>
    public const int Codes = BlockFormat.BlockElements;

    /// <summary>Steps of a block, of four codes each.</summary>
    public const int Steps = Codes / Int8Arguments.StepCodes;

    /// <summary>Where the scale of a block of a row lies.</summary>
    public const int RowScale = Codes;

    /// <summary>Where a block of a row has what its sums begin with, or the number that offsets are multiplied with.</summary>
    public const int RowSum = RowScale + sizeof(float);

    /// <summary>Bytes of a block of a row.</summary>
    public const int RowBytes = RowSum + sizeof(float);

    /// <summary>Where the scales of a block of a panel lie.</summary>
    public const int PanelScales = Steps * GemmEmitter.StepBytesB;

    /// <summary>Where the offsets of a block of a panel lie.</summary>
    public const int PanelOffsets = PanelScales + GemmEmitter.StepBytesB;

    /// <summary>Bytes of a block of a panel.</summary>
    public static int PanelBytes(bool hasOffsets) => PanelOffsets + (hasOffsets ? GemmEmitter.StepBytesB : 0);
}
