using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>The rows of another tensor in another order; the elements of a vector count as rows.</summary>
internal sealed class RowsView(TensorView inner, Func<int, int> innerRow) : TensorView
{
    public override DType DType => inner.DType;

    public override Shape Shape => inner.Shape;

    public override string StoredAs => inner.StoredAs;

    public override (string Location, string Name) Origin => inner.Origin;

    public override void Read(long byteOffset, Span<byte> destination)
    {
        long rowBytes = Math.Max(1, Shape.Count / Math.Max(1, Shape[0]) * DType.SizeInBytes);
        while (!destination.IsEmpty)
        {
            (long row, long column) = Math.DivRem(byteOffset, rowBytes);
            Span<byte> piece = destination[..(int)Math.Min(rowBytes - column, destination.Length)];
            inner.Read((innerRow((int)row) * rowBytes) + column, piece);
            byteOffset += piece.Length;
            destination = destination[piece.Length..];
        }
    }

    public override IBlockMatrix? TryOpenBlocks() => inner.TryOpenBlocks() is { } blocks ? new RowsOfBlocks(blocks, blocks.Rows, innerRow) : null;
}
