using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Tensors of equal extents and element type, one after the other along a new outermost dimension.</summary>
internal sealed class StackView : TensorView
{
    private readonly IReadOnlyList<TensorView> _parts;
    private readonly long _partBytes;

    private StackView(IReadOnlyList<TensorView> parts, Shape shape)
    {
        _parts = parts;
        _partBytes = Math.Max(1, parts[0].Shape.Count * parts[0].DType.SizeInBytes);
        Shape = shape;
    }

    public override DType DType => _parts[0].DType;

    public override Shape Shape { get; }

    public override string StoredAs => _parts[0].StoredAs;

    public override (string Location, string Name) Origin => _parts[0].Origin;

    /// <summary>Stacks tensors; those of different types are read in single precision.</summary>
    /// <exception cref="ModelFileException">The extents differ.</exception>
    public static StackView Of(IReadOnlyList<TensorView> parts)
    {
        Shape first = parts[0].Shape;
        if (parts.FirstOrDefault(part => !part.Shape.Equals(first)) is { } other)
        {
            throw other.Bad($"expected shape {first} like '{parts[0].Origin.Name}', found {other.Shape}");
        }

        bool mixed = parts.Any(part => part.DType != parts[0].DType);
        Span<long> extents = stackalloc long[first.Rank + 1];
        extents[0] = parts.Count;
        for (int i = 0; i < first.Rank; i++)
        {
            extents[i + 1] = first[i];
        }

        return new StackView(mixed ? [.. parts.Select(part => new ValuesView(part, static _ => { }))] : parts, new Shape(extents));
    }

    public override void Read(long byteOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long part, long offset) = Math.DivRem(byteOffset, _partBytes);
            Span<byte> piece = destination[..(int)Math.Min(_partBytes - offset, destination.Length)];
            _parts[(int)part].Read(offset, piece);
            byteOffset += piece.Length;
            destination = destination[piece.Length..];
        }
    }
}
