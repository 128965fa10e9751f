using System.Buffers;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>A matrix, rows and columns exchanged.</summary>
internal sealed class TransposedView(TensorView inner) : FloatView(inner)
{
    private const int StripElements = 1 << 18;

    private readonly int _rows = Extent(inner, 1);
    private readonly int _columns = Extent(inner, 0);

    public override Shape Shape => [_rows, _columns];

    protected override void Fill(long element, Span<float> destination)
    {
        // Some rows at a time, for which a piece of every row of the other matrix is read.
        int most = Math.Max(1, StripElements / Math.Max(1, _columns));
        float[] strip = ArrayPool<float>.Shared.Rent(most * _columns);
        while (!destination.IsEmpty)
        {
            (long first, long start) = Math.DivRem(element, _columns);
            int rows = (int)Math.Min(most, (start + destination.Length + _columns - 1) / _columns);
            int count = (int)Math.Min(((long)rows * _columns) - start, destination.Length);
            for (int column = 0; column < _columns; column++)
            {
                Inner.ReadFloat32(((long)column * _rows) + first, strip.AsSpan(column * rows, rows));
            }

            for (int i = 0; i < count; i++)
            {
                (int row, int column) = Math.DivRem((int)start + i, _columns);
                destination[i] = strip[(column * rows) + row];
            }

            element += count;
            destination = destination[count..];
        }

        ArrayPool<float>.Shared.Return(strip);
    }

    private static int Extent(TensorView inner, int dimension) => inner.Shape.Rank == 2 && inner.Shape[dimension] is >= 0 and <= int.MaxValue / 2
        ? (int)inner.Shape[dimension]
        : throw inner.Bad($"expected a matrix, found shape {inner.Shape}");
}
