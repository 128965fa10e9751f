namespace Attune.Tensors.Backends;

/// <summary>How a weight of few bits is stored: <see cref="BlockElements"/> neighbours along K share a scale and perhaps an offset.</summary>
/// <param name="Bits">Bits of a code: 4 or 8.</param>
/// <param name="HasOffsets">Whether a number is scale * code + offset; otherwise it is scale * (code - <see cref="Zero"/>).</param>
/// <param name="Scales">F16 or F32: the type in which scales and offsets are exact.</param>
public readonly record struct BlockFormat(int Bits, bool HasOffsets, DType Scales)
{
    /// <summary>Elements of a block.</summary>
    public const int BlockElements = 32;

    /// <summary>The code that stands for 0 in a format without offsets; 0 in one with them.</summary>
    public int Zero => HasOffsets ? 0 : 1 << (Bits - 1);
}

/// <summary>A weight [N, K] of few bits, block by block, as a file holds it.</summary>
public interface IBlockMatrix
{
    /// <summary>N.</summary>
    int Rows { get; }

    /// <summary>K, a multiple of <see cref="BlockFormat.BlockElements"/>.</summary>
    int Columns { get; }

    /// <summary>How numbers are stored.</summary>
    BlockFormat Format { get; }

    /// <summary>Reads whole rows; may be called from several threads at a time.</summary>
    /// <param name="firstRow">The first of them.</param>
    /// <param name="codes">[rows, K], unsigned.</param>
    /// <param name="scales">[rows, K / 32].</param>
    /// <param name="offsets">[rows, K / 32]; left as it is by formats without offsets.</param>
    void ReadRows(int firstRow, Span<byte> codes, Span<float> scales, Span<float> offsets);
}
