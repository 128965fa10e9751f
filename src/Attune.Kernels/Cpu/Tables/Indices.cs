using Attune.Kernels.Cpu.Scalar;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Tables;

/// <summary>Indices of rows as plain 32-bit integers, all of them checked.</summary>
internal static unsafe class Indices
{
    /// <summary>The indices in place or, where they lie apart or are of another type, as a copy in <paramref name="copies"/>.</summary>
    /// <exception cref="TensorException">An index is out of range.</exception>
    public static int* Read(Tensor indices, long rows, ref AlignedBuffer? copies)
    {
        int* result = (int*)CpuStorage.Start(indices);
        if (indices.DType != DType.I32 || !indices.IsContiguous)
        {
            result = (int*)AlignedBuffer.Grow(ref copies, indices.Count * sizeof(int));
            var from = new ScalarElements(indices);
            for (long i = 0; i < indices.Count; i++)
            {
                result[i] = (int)ReferenceBackend.CheckedRow(from.LoadNext(), Math.Min(rows, int.MaxValue));
            }

            return result;
        }

        for (long i = 0; i < indices.Count; i++)
        {
            if ((uint)result[i] >= (ulong)rows)
            {
                ReferenceBackend.CheckedRow(result[i], rows);
            }
        }

        return result;
    }
}
