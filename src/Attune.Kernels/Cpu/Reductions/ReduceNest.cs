using Attune.Tensors;

namespace Attune.Kernels.Cpu.Reductions;

/// <summary>
/// A reduction as loops [batches, rows reduced, columns kept] over the source: neighbouring dimensions that are all kept, or all reduced, are merged. The destination is
/// [batches, columns], contiguous.
/// </summary>
internal readonly struct ReduceNest
{
    private ReduceNest(Span<long> extents, Span<long> strides)
    {
        (Batches, BatchStride) = (extents[0], strides[0]);
        (Rows, RowStride) = (extents[1], strides[1]);
        (Columns, ColumnStride) = (extents[2], strides[2]);
    }

    public long Batches { get; }

    public long BatchStride { get; }

    public long Rows { get; }

    public long RowStride { get; }

    public long Columns { get; }

    public long ColumnStride { get; }

    /// <summary>False when the reduction needs more loops.</summary>
    public static bool TryCreate(Tensor source, Tensor destination, out ReduceNest nest)
    {
        Span<long> extents = [1, 1, 1];
        Span<long> strides = [0, 0, 0];
        int place = 0;
        for (int d = 0; d < source.Shape.Rank; d++)
        {
            long extent = source.Shape[d];
            if (extent == 1)
            {
                continue;
            }

            bool reduced = destination.Shape[d] == 1;
            int target = reduced ? 1 : place == 0 ? 0 : 2;
            bool fits = target >= place && (extents[target] == 1 || strides[target] == source.Strides[d] * extent);
            if (!fits)
            {
                nest = default;
                return false;
            }

            extents[target] *= extent;
            strides[target] = source.Strides[d];
            place = target;
        }

        nest = new ReduceNest(extents, strides);
        return true;
    }
}
