using Attune.Tensors;

namespace Attune.Formats;

/// <summary>The rows of a matrix behind rows of zeros, which the file does not hold.</summary>
internal sealed class LeadingZerosView : TensorView
{
    private readonly TensorView _inner;

    public LeadingZerosView(TensorView inner, int rows)
    {
        _inner = inner;
        Shape = inner.Shape.Rank == 2 && inner.Shape[0] <= int.MaxValue && inner.Shape[1] <= int.MaxValue
            ? inner.Shape.With(0, rows + inner.Shape[0])
            : throw inner.Bad($"expected a matrix of at most {int.MaxValue} rows and columns, found shape {inner.Shape}");
        Absent = rows * inner.Shape[1];
    }

    public override DType DType => _inner.DType;

    public override Shape Shape { get; }

    public override string StoredAs => _inner.StoredAs;

    public override (string Location, string Name) Origin => _inner.Origin;

    public override long Absent { get; }

    // Zero has no bits set in any type of floating-point numbers.
    public override void Read(long byteOffset, Span<byte> destination)
    {
        long first = Absent * DType.SizeInBytes;
        int zeros = (int)Math.Clamp(first - byteOffset, 0, destination.Length);
        destination[..zeros].Clear();
        if (zeros < destination.Length)
        {
            _inner.Read(byteOffset + zeros - first, destination[zeros..]);
        }
    }
}
