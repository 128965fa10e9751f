using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Name, element type and extents of a stored tensor.</summary>
/// <param name="Name">The name under which the source gives the tensor.</param>
/// <param name="DType">Element type of the bytes that the source gives; <see cref="Attune.Tensors.DType.F32"/> for block-quantised tensors, which are dequantised on reading.</param>
/// <param name="Shape">Extents, outermost first.</param>
public sealed record TensorInfo(string Name, DType DType, Shape Shape)
{
    /// <summary>Name of the type in the file, such as <c>BF16</c> or <c>Q4_K</c>; default: the safetensors name of <see cref="DType"/>.</summary>
    public string StoredAs { get; init; } = DType.SafetensorsName;

    /// <summary>By how much an element may be off what was written, as a share of the larger of 1 and the element: 0 (the default) unless files of the format hold a function of it.</summary>
    public double Rounding { get; init; }

    /// <summary>How many of the first elements the file does not hold, because no model reads them: they are zeros. Default 0.</summary>
    public long Absent { get; init; }

    /// <summary>Size of the contents in bytes, as the source gives them.</summary>
    /// <exception cref="OverflowException">The size is beyond 2^63 - 1.</exception>
    public long ByteCount => checked(Shape.Count * DType.SizeInBytes);
}
