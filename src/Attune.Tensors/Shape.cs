using System.Runtime.CompilerServices;

namespace Attune.Tensors;

/// <summary>Extents (or strides) of a tensor, outermost first, as a value that lives on the stack. At most <see cref="MaxRank"/> dimensions.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The largest number of dimensions.</summary>
    public const int MaxRank = 6;

    private readonly Extents _extents;

    /// <summary>One less than the number of elements, so that the default value is a proper scalar shape.</summary>
    private readonly long _countLessOne;

    /// <summary>Makes a shape from extents.</summary>
    /// <exception cref="TensorException">More than <see cref="MaxRank"/> dimensions, a negative extent, or an element count beyond 2^63 - 1.</exception>
    public Shape(params ReadOnlySpan<long> extents)
    {
        if (extents.Length > MaxRank)
        {
            throw new TensorException($"a shape has at most {MaxRank} dimensions, found {extents.Length}");
        }

        long count = 1;
        for (int i = 0; i < extents.Length; i++)
        {
            if (extents[i] < 0)
            {
                throw new TensorException($"dimension {i} of a shape is negative: {extents[i]}");
            }

            try
            {
                count = checked(count * extents[i]);
            }
            catch (OverflowException)
            {
                throw new TensorException($"a shape of {string.Join(" x ", extents.ToArray())} has more elements than 64 bits can count");
            }

            _extents[i] = extents[i];
        }

        Rank = extents.Length;
        _countLessOne = count - 1;
    }

    private Shape(in Extents values, int rank)
    {
        _extents = values;
        Rank = rank;
    }

    /// <summary>Number of dimensions; 0 for a scalar.</summary>
    public int Rank { get; }

    /// <summary>Number of elements; 1 for a scalar. Has no meaning for strides.</summary>
    public long Count => _countLessOne + 1;

    /// <summary>Extent of a dimension; negative indices count from the end, -1 is the innermost.</summary>
    /// <exception cref="TensorException">There is no such dimension.</exception>
    public long this[int dimension] => _extents[Normalize(dimension)];

    /// <summary>Makes a shape from a collection expression.</summary>
    public static Shape Create(ReadOnlySpan<long> extents) => new(extents);

    /// <summary>Strides of a tensor: like a shape, but the product of the values has no meaning and is not checked.</summary>
    public static Shape FromStrides(ReadOnlySpan<long> values)
    {
        var extents = default(Extents);
        for (int i = 0; i < values.Length; i++)
        {
            extents[i] = values[i];
        }

        return new Shape(extents, values.Length);
    }

    /// <summary>The dimension that a possibly negative index names.</summary>
    /// <exception cref="TensorException">There is no such dimension.</exception>
    public int Normalize(int dimension)
    {
        int index = dimension < 0 ? dimension + Rank : dimension;
        return (uint)index < (uint)Rank ? index : throw new TensorException($"dimension {dimension} does not exist in shape {this}");
    }

    /// <summary>Row-major strides in elements.</summary>
    public Shape ContiguousStrides()
    {
        var strides = default(Extents);
        long stride = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(1, _extents[i]);
        }

        return new Shape(strides, Rank);
    }

    /// <summary>Whether elements that lie so far apart are row-major without gaps.</summary>
    internal bool IsContiguous(in Shape strides)
    {
        if (Count == 0)
        {
            return true;
        }

        long expected = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            if (_extents[i] != 1 && strides._extents[i] != expected)
            {
                return false;
            }

            expected *= _extents[i];
        }

        return true;
    }

    /// <summary>The same shape (or strides) with one value replaced.</summary>
    public Shape With(int dimension, long value)
    {
        Span<long> values = stackalloc long[Rank];
        CopyTo(values);
        values[Normalize(dimension)] = value;
        return new Shape(values);
    }

    /// <summary>The shape that two shapes broadcast to by NumPy's rule: aligned at the end, extents of 1 stretch.</summary>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Shape Broadcast(in Shape a, in Shape b, string operation)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        Span<long> extents = stackalloc long[rank];
        for (int i = 1; i <= rank; i++)
        {
            long left = i <= a.Rank ? a[^i] : 1;
            long right = i <= b.Rank ? b[^i] : 1;
            if (left != right && left != 1 && right != 1)
            {
                throw new TensorException($"{operation}: shapes {a} and {b} do not broadcast ({left} against {right} in dimension -{i})");
            }

            extents[rank - i] = left == 1 ? right : left;
        }

        return new Shape(extents);
    }

    /// <summary>Copies the extents.</summary>
    public void CopyTo(Span<long> destination)
    {
        for (int i = 0; i < Rank; i++)
        {
            destination[i] = _extents[i];
        }
    }

    /// <summary>The extents as a new array.</summary>
    public long[] ToArray()
    {
        var result = new long[Rank];
        CopyTo(result);
        return result;
    }

    /// <summary>Extent counted from the end; <c>^1</c> is the innermost.</summary>
    public long this[Index index] => this[index.IsFromEnd ? -index.Value : index.Value];

    /// <summary>Enumerates the extents, outermost first.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <inheritdoc/>
    public bool Equals(Shape other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        for (int i = 0; i < Rank; i++)
        {
            hash.Add(_extents[i]);
        }

        return hash.ToHashCode();
    }

    /// <summary>The extents in brackets, such as <c>[3, 17]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";

    /// <summary>Whether two shapes have the same extents.</summary>
    public static bool operator ==(in Shape left, in Shape right)
    {
        if (left.Rank != right.Rank)
        {
            return false;
        }

        for (int i = 0; i < left.Rank; i++)
        {
            if (left._extents[i] != right._extents[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(in Shape left, in Shape right) => !(left == right);

    /// <summary>Walks over the extents of a shape.</summary>
    public struct Enumerator
    {
        private readonly Shape _shape;
        private int _index;

        internal Enumerator(Shape shape)
        {
            _shape = shape;
            _index = -1;
        }

        /// <summary>The extent at the current place.</summary>
        public readonly long Current => _shape._extents[_index];

        /// <summary>Moves to the next extent.</summary>
        public bool MoveNext() => ++_index < _shape.Rank;
    }

    [InlineArray(MaxRank)]
    private struct Extents
    {
        private long _first;
    }
}
