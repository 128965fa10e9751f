using System.Runtime.CompilerServices;

namespace Attune.Tensors.Backends;

/// <summary>Walks over the elements of a tensor in row-major order and gives the place of each in its storage.</summary>
public struct StridedIndex
{
    private readonly Shape _shape;
    private readonly Shape _strides;
    private Counters _counters;
    private long _next;

    /// <summary>Starts at the first element.</summary>
    public StridedIndex(Tensor tensor)
        : this(tensor.Shape, tensor.Strides, tensor.Offset)
    {
    }

    /// <summary>Starts at the first element of a view.</summary>
    public StridedIndex(in Shape shape, in Shape strides, long offset)
    {
        _shape = shape;
        _strides = strides;
        _next = offset;
    }

    /// <summary>Place of the current element, in elements; moves on to the next one.</summary>
    public long Next()
    {
        long current = _next;
        for (int i = _shape.Rank - 1; i >= 0; i--)
        {
            _next += _strides[i];
            if (++_counters[i] < _shape[i])
            {
                break;
            }

            _next -= _strides[i] * _shape[i];
            _counters[i] = 0;
        }

        return current;
    }

    [InlineArray(Shape.MaxRank)]
    private struct Counters
    {
        private long _first;
    }
}
