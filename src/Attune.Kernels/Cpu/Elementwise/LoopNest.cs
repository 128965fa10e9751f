using Attune.Tensors;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>
/// The common iteration space of some tensors of one shape: dimensions that lie without a step in all of them are merged, extents of 1 left out, so that most work is one
/// loop over contiguous memory.
/// </summary>
internal unsafe struct LoopNest
{
    private fixed long _extents[Shape.MaxRank];
    private fixed long _strides[Pointers.Max * Shape.MaxRank];
    private fixed byte _types[Pointers.Max];
    private Pointers _pointers;

    /// <summary>Describes the loop over all elements of tensors of one shape (the last one's).</summary>
    public LoopNest(ReadOnlySpan<Tensor> tensors)
    {
        Operands = tensors.Length;
        Shape shape = tensors[^1].Shape;
        Count = shape.Count;
        _pointers = default;
        for (int t = 0; t < tensors.Length; t++)
        {
            _pointers[t] = CpuStorage.Start(tensors[t]);
            _types[t] = (byte)tensors[t].DType;
        }

        for (int d = 0; d < shape.Rank; d++)
        {
            if (shape[d] == 1)
            {
                continue;
            }

            bool merges = Rank > 0;
            for (int t = 0; t < tensors.Length && merges; t++)
            {
                merges = _strides[(t * Shape.MaxRank) + Rank - 1] == tensors[t].Strides[d] * shape[d];
            }

            int target = merges ? Rank - 1 : Rank++;
            _extents[target] = merges ? _extents[target] * shape[d] : shape[d];
            for (int t = 0; t < tensors.Length; t++)
            {
                _strides[(t * Shape.MaxRank) + target] = tensors[t].Strides[d];
            }
        }
    }

    public int Operands { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>Dimensions that are left.</summary>
    public int Rank { get; private set; }

    /// <summary>Extent of the innermost loop.</summary>
    public readonly long Inner => Rank == 0 ? 1 : _extents[Rank - 1];

    public readonly DType TypeOf(int operand) => (DType)_types[operand];

    /// <summary>Elements between neighbours of the innermost loop.</summary>
    public readonly long InnerStride(int operand) => Rank == 0 ? 1 : _strides[(operand * Shape.MaxRank) + Rank - 1];

    /// <summary>Whether everything is one contiguous run of elements of one type.</summary>
    public readonly bool IsUniform(DType type)
    {
        bool uniform = Rank <= 1;
        for (int t = 0; t < Operands && uniform; t++)
        {
            uniform = TypeOf(t) == type && InnerStride(t) == 1;
        }

        return uniform;
    }

    public readonly Pointers Start => _pointers;

    /// <summary>Where the innermost loop of a row starts; rows are counted over the outer dimensions.</summary>
    public readonly void RowStart(long row, ref Pointers pointers)
    {
        Span<long> offsets = stackalloc long[Pointers.Max];
        for (int d = Rank - 2; d >= 0; d--)
        {
            (row, long place) = Math.DivRem(row, _extents[d]);
            for (int t = 0; t < Operands; t++)
            {
                offsets[t] += place * _strides[(t * Shape.MaxRank) + d];
            }
        }

        for (int t = 0; t < Operands; t++)
        {
            pointers[t] = _pointers[t] + (offsets[t] * TypeOf(t).SizeInBytes);
        }
    }
}
