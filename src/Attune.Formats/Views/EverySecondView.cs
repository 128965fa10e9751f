using System.Buffers;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Every second element of each row, from the first or from the second one on.</summary>
internal sealed class EverySecondView : FloatView
{
    private const int ChunkElements = 1 << 15;

    private readonly int _start;

    public EverySecondView(TensorView inner, int start)
        : base(inner)
    {
        _start = start;
        Shape = inner.Shape.Rank > 0 && inner.Shape[-1] % 2 == 0
            ? inner.Shape.With(-1, inner.Shape[-1] / 2)
            : throw inner.Bad($"expected rows of an even number of elements, found shape {inner.Shape}");
    }

    public override Shape Shape { get; }

    // Rows have an even number of elements, so the rule holds across them.
    protected override void Fill(long element, Span<float> destination)
    {
        float[] pairs = ArrayPool<float>.Shared.Rent(2 * ChunkElements);
        while (!destination.IsEmpty)
        {
            int count = Math.Min(ChunkElements, destination.Length);
            Inner.ReadFloat32(2 * element, pairs.AsSpan(0, 2 * count));
            for (int i = 0; i < count; i++)
            {
                destination[i] = pairs[(2 * i) + _start];
            }

            element += count;
            destination = destination[count..];
        }

        ArrayPool<float>.Shared.Return(pairs);
    }
}
