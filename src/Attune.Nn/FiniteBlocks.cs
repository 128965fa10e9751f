using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>A matrix of few bits, with an eye on whether its numbers are finite.</summary>
internal sealed class FiniteBlocks(IBlockMatrix inner) : IBlockMatrix
{
    private volatile bool _hasOthers;

    /// <summary>Whether all rows that were read were.</summary>
    public bool AreFinite => !_hasOthers;

    public int Rows => inner.Rows;

    public int Columns => inner.Columns;

    public BlockFormat Format => inner.Format;

    public void ReadRows(int firstRow, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        inner.ReadRows(firstRow, codes, scales, offsets);
        if (scales.ContainsAnyExceptInRange(float.MinValue, float.MaxValue) || (Format.HasOffsets && offsets.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)))
        {
            _hasOthers = true;
        }
    }
}
