using System.Buffers;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>The elements of two tensors of equal extents in turns, which makes rows of twice the length.</summary>
internal sealed class InterleavedView : FloatView
{
    private const int ChunkElements = 1 << 15;

    private readonly TensorView _odd;

    public InterleavedView(TensorView even, TensorView odd)
        : base(even)
    {
        _odd = odd;
        Span<long> extents = stackalloc long[even.Shape.Rank];
        for (int i = 0; i < extents.Length; i++)
        {
            extents[i] = even.Shape[i];
        }

        if (extents.IsEmpty || !odd.Shape.Equals(even.Shape))
        {
            throw odd.Bad($"expected shape {even.Shape} like '{even.Origin.Name}', found {odd.Shape}");
        }

        extents[^1] = checked(2 * extents[^1]);
        Shape = new Shape(extents);
    }

    public override Shape Shape { get; }

    protected override void Fill(long element, Span<float> destination)
    {
        float[] values = ArrayPool<float>.Shared.Rent(ChunkElements);
        while (!destination.IsEmpty)
        {
            int count = Math.Min(ChunkElements, destination.Length);
            for (int start = 0; start < 2; start++)
            {
                // The elements of this tensor among those that are wanted, from the first such place on.
                int place = (int)((element + start) % 2);
                int own = (count - place + 1) / 2;
                (start == 0 ? Inner : _odd).ReadFloat32((element + place) / 2, values.AsSpan(0, own));
                for (int i = 0; i < own; i++)
                {
                    destination[place + (2 * i)] = values[i];
                }
            }

            element += count;
            destination = destination[count..];
        }

        ArrayPool<float>.Shared.Return(values);
    }
}
