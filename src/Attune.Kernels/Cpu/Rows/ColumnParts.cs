using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>Sums of columns over rows, such as the gradient of a norm's weight: each chunk of rows sums a part by itself, and the parts are added in order.</summary>
/// <param name="parts">Room for a part of each chunk, one after the other; null when no sums are wanted.</param>
/// <param name="stride">Elements of a part.</param>
internal readonly unsafe struct ColumnParts(float* parts, int stride)
{
    private readonly float* _parts = parts;
    private readonly int _stride = stride;

    /// <summary>A chunk's own part, set to 0; null when no sums are wanted.</summary>
    public float* Start(int chunk)
    {
        if (_parts == null)
        {
            return null;
        }

        float* part = _parts + ((long)chunk * _stride);
        new Span<float>(part, _stride).Clear();
        return part;
    }

    /// <summary>Adds the parts of all chunks up; does nothing when no sums are wanted.</summary>
    public void Sum(WorkerPool pool, int chunks, Tensor? sums, bool accumulate)
    {
        if (sums is not null)
        {
            PartSumJob.Run(pool, _parts, chunks, _stride, sums, accumulate);
        }
    }
}
