using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>Elements that follow one another in another tensor, from <paramref name="first"/> on.</summary>
internal sealed class SliceView(TensorView inner, long first, Shape shape) : TensorView
{
    public override DType DType => inner.DType;

    public override Shape Shape => shape;

    public override string StoredAs => inner.StoredAs;

    public override (string Location, string Name) Origin => inner.Origin;

    public override void Read(long byteOffset, Span<byte> destination) => inner.Read((first * DType.SizeInBytes) + byteOffset, destination);

    public override IBlockMatrix? TryOpenBlocks() => shape.Rank == 2 && inner.Shape.Rank >= 2 && shape[1] == inner.Shape[-1] && first % Math.Max(1, shape[1]) == 0 && inner.TryOpenBlocks() is { } blocks
        ? new RowsOfBlocks(blocks, (int)shape[0], row => (int)(first / shape[1]) + row)
        : null;
}
