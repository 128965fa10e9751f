using System.Buffers;
using System.Runtime.InteropServices;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>A tensor made of stored ones: under another name, with rows in another order, turned, cut, joined or with other values; nothing is read before it is asked for.</summary>
internal abstract class TensorView
{
    private const int ChunkBytes = 1 << 17;

    /// <summary>Element type of the bytes that <see cref="Read"/> gives.</summary>
    public abstract DType DType { get; }

    /// <summary>Extents, outermost first.</summary>
    public abstract Shape Shape { get; }

    /// <summary>Name of the type in the file.</summary>
    public abstract string StoredAs { get; }

    /// <summary>The source and the tensor in it that messages name; of several the first.</summary>
    public abstract (string Location, string Name) Origin { get; }

    /// <summary>How many of the first elements the file does not hold.</summary>
    public virtual long Absent => 0;

    /// <summary>Reads a part as row-major elements, from a byte offset on, as many as fit; the caller has checked that it is inside.</summary>
    public abstract void Read(long byteOffset, Span<byte> destination);

    /// <summary>The matrix of few bits that it is, or null.</summary>
    public virtual IBlockMatrix? TryOpenBlocks() => null;

    /// <summary>Reads elements in single precision.</summary>
    /// <exception cref="ModelFileException">The elements are no floating-point numbers.</exception>
    public void ReadFloat32(long element, Span<float> destination)
    {
        if (DType == DType.F32)
        {
            Read(element * sizeof(float), MemoryMarshal.AsBytes(destination));
            return;
        }

        if (!FloatConversion.CanConvert(DType))
        {
            throw Bad($"expected F16, BF16, F32 or F64 elements, found {DType.SafetensorsName}");
        }

        int size = DType.SizeInBytes;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        while (!destination.IsEmpty)
        {
            Span<float> piece = destination[..Math.Min(ChunkBytes / size, destination.Length)];
            Span<byte> bytes = buffer.AsSpan(0, piece.Length * size);
            Read(element * size, bytes);
            FloatConversion.ToFloat32(DType, bytes, piece);
            element += piece.Length;
            destination = destination[piece.Length..];
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>An error about the tensor that this one is made of.</summary>
    public ModelFileException Bad(string problem) => ModelFileException.At(Origin.Location, $"tensor '{Origin.Name}'", problem);

    /// <summary>The same elements under other extents of the same count.</summary>
    public TensorView Reshaped(Shape shape) => shape.Equals(Shape) ? this : new SliceView(this, 0, shape);

    /// <summary>One of the tensors that the outermost dimension counts.</summary>
    public TensorView Slice(long index)
    {
        Span<long> extents = stackalloc long[Shape.Rank - 1];
        for (int i = 0; i < extents.Length; i++)
        {
            extents[i] = Shape[i + 1];
        }

        var inner = new Shape(extents);
        return new SliceView(this, index * inner.Count, inner);
    }
}
