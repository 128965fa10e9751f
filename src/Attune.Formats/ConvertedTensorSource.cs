using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>The tensors of another source with all floating-point ones in one element type; the others stay as they are.</summary>
/// <remarks>Disposing it leaves the other source open.</remarks>
public sealed class ConvertedTensorSource : ITensorSource
{
    private const int ChunkElements = 1 << 15;

    private readonly ITensorSource _inner;
    private readonly DType _dtype;

    /// <summary>Makes a view of a source.</summary>
    /// <exception cref="ArgumentException"><paramref name="dtype"/> is none of F16, BF16, F32, F64.</exception>
    public ConvertedTensorSource(ITensorSource source, DType dtype)
    {
        if (!FloatConversion.CanConvert(dtype))
        {
            throw new ArgumentException($"weights cannot be converted to {dtype.SafetensorsName}; F16, BF16, F32 and F64 are possible", nameof(dtype));
        }

        _inner = source;
        _dtype = dtype;
    }

    /// <inheritdoc/>
    public string Location => _inner.Location;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _inner.Names;

    /// <inheritdoc/>
    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = _inner.TryGetInfo(name, out TensorInfo? inner) ? Converts(inner) ? new TensorInfo(name, _dtype, inner.Shape) : inner : null;
        return info is not null;
    }

    /// <inheritdoc/>
    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        TensorInfo info = this.Info(name);
        if (!Converts(_inner.Info(name)))
        {
            _inner.Read(name, byteOffset, destination);
            return;
        }

        TensorSources.RequireInside(this, info, byteOffset, destination.Length);
        int size = _dtype.SizeInBytes;
        if (byteOffset % size != 0 || destination.Length % size != 0)
        {
            throw ModelFileException.At(Location, $"tensor '{name}'", $"is converted to {_dtype.SafetensorsName}, so parts begin and end at whole elements");
        }

        float[] values = ArrayPool<float>.Shared.Rent(ChunkElements);
        for (long element = byteOffset / size; !destination.IsEmpty;)
        {
            Span<float> piece = values.AsSpan(0, Math.Min(ChunkElements, destination.Length / size));
            _inner.ReadFloat32(name, element, piece);
            FloatConversion.FromFloat32(_dtype, piece, destination[..(piece.Length * size)]);
            element += piece.Length;
            destination = destination[(piece.Length * size)..];
        }

        ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>Does nothing: the other source stays open.</summary>
    public void Dispose()
    {
    }

    private bool Converts(TensorInfo inner) => FloatConversion.CanConvert(inner.DType) && inner.DType != _dtype;
}
