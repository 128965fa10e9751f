using System.Runtime.InteropServices;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>A tensor whose elements are made in single precision.</summary>
internal abstract class FloatView(TensorView inner) : TensorView
{
    /// <summary>The tensor that its elements are made of; of several the first.</summary>
    protected TensorView Inner => inner;

    public sealed override DType DType => DType.F32;

    public sealed override string StoredAs => inner.StoredAs;

    public sealed override (string Location, string Name) Origin => inner.Origin;

    public sealed override void Read(long byteOffset, Span<byte> destination)
    {
        if (byteOffset % sizeof(float) != 0 || destination.Length % sizeof(float) != 0)
        {
            throw Bad($"is computed in F32, so parts begin and end at whole elements, found bytes {byteOffset} to {byteOffset + destination.Length}");
        }

        Fill(byteOffset / sizeof(float), MemoryMarshal.Cast<byte, float>(destination));
    }

    /// <summary>Makes elements, from one on, as many as fit.</summary>
    protected abstract void Fill(long element, Span<float> destination);
}
