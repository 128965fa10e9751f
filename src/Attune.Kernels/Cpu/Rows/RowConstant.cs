using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>A row that all rows of a job share and that may be missing.</summary>
internal static unsafe class RowConstant
{
    /// <summary>The row to read, or a buffer that is filled with the value that stands for a missing one.</summary>
    public static float* Read<V>(in RowView row, bool exists, float otherwise, float* buffer, int size)
        where V : struct, IVec<V>
    {
        if (exists)
        {
            return row.Read<V>(0, buffer);
        }

        new Span<float>(buffer, size).Fill(otherwise);
        return buffer;
    }
}
