using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>Runs an element-wise kernel over contiguous operands of one element type.</summary>
internal static unsafe class ElementwiseLoop<V, E>
    where V : struct, IVec<V>
    where E : struct, IElement
{
    /// <summary>Computes some elements.</summary>
    /// <param name="kernel">What to compute.</param>
    /// <param name="p">The operands.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="index">Row-major number of the first element.</param>
    [MethodImpl(Compile.Loop)]
    public static void Run<TKernel>(TKernel kernel, Pointers p, nint count, long index)
        where TKernel : struct, IElementwiseKernel
    {
        nint i = 0;
        for (; i <= count - V.Count; i += V.Count)
        {
            kernel.Step<V, E>(p, i, index + i);
        }

        if (i < count)
        {
            // A copy, because a variable whose address is handed out does not stay in registers.
            Pointers copy = p;
            Tail(kernel, copy, i, (int)(count - i), index + i);
        }
    }

    /// <summary>The elements after the last whole vector, in a padded copy.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Tail<TKernel>(in TKernel kernel, in Pointers p, nint i, int count, long index)
        where TKernel : struct, IElementwiseKernel
    {
        const int Width = 16 * sizeof(float);
        byte* buffers = stackalloc byte[Pointers.Max * Width];
        var padded = default(Pointers);
        for (int t = 0; t < TKernel.Operands; t++)
        {
            padded[t] = buffers + (t * Width);
            Unsafe.CopyBlockUnaligned(padded[t], p[t] + (i * E.Bytes), (uint)(count * E.Bytes));
        }

        kernel.Step<V, E>(padded, 0, index);
        for (int t = TKernel.Operands - TKernel.Outputs; t < TKernel.Operands; t++)
        {
            Unsafe.CopyBlockUnaligned(p[t] + (i * E.Bytes), padded[t], (uint)(count * E.Bytes));
        }
    }
}
