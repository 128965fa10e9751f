using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Reductions;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>A sum over a row of numbers in single precision; a term may also store something on its way.</summary>
internal interface IRowTerm
{
    static abstract int Operands { get; }

    /// <summary>How many of the operands, the last ones, are written.</summary>
    static abstract int Outputs { get; }

    V Term<V>(in Pointers p, nint i)
        where V : struct, IVec<V>;
}

/// <summary>Loops over a row of single-precision numbers.</summary>
internal static unsafe class RowLoop<V>
    where V : struct, IVec<V>
{
    /// <summary>Elements whose sum is made in single precision; longer sums are joined in double precision.</summary>
    private const int RunElements = 2048;

    public static void Map<TKernel>(in TKernel kernel, in Pointers p, int count)
        where TKernel : struct, IElementwiseKernel => ElementwiseLoop<V, F32Element>.Run(kernel, p, count, 0);

    public static float Largest(float* row, int count) => (float)Runs.ReduceBlock<V, MaxReduction>(row, count);

    public static double Sum<TTerm>(TTerm term, in Pointers p, int count)
        where TTerm : struct, IRowTerm
    {
        double sum = 0;
        for (int start = 0; start < count; start += RunElements)
        {
            sum += Run(term, p, start, Math.Min(count, start + RunElements));
        }

        return sum;
    }

    [MethodImpl(Compile.Loop)]
    private static double Run<TTerm>(TTerm term, Pointers p, nint i, nint end)
        where TTerm : struct, IRowTerm
    {
        // The end first: no vector survives a call in a register, and none is alive yet.
        V a = V.Create(0f);
        int rest = (int)((end - i) % V.Count);
        if (rest > 0)
        {
            Pointers copy = p;
            end -= rest;
            a = Tail(term, copy, end, rest);
        }

        V b = V.Create(0f);
        V c = b;
        V d = b;
        for (; i <= end - (4 * V.Count); i += 4 * V.Count)
        {
            a += term.Term<V>(p, i);
            b += term.Term<V>(p, i + V.Count);
            c += term.Term<V>(p, i + (2 * V.Count));
            d += term.Term<V>(p, i + (3 * V.Count));
        }

        for (; i < end; i += V.Count)
        {
            a += term.Term<V>(p, i);
        }

        return V.SumDouble((a + b) + (c + d));
    }

    /// <summary>The terms after the last whole vector, in a padded copy; the lanes beyond count nothing.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static V Tail<TTerm>(in TTerm term, in Pointers p, nint i, int count)
        where TTerm : struct, IRowTerm
    {
        const int Lanes = 16;
        float* buffers = stackalloc float[Pointers.Max * Lanes];
        var padded = default(Pointers);
        for (int t = 0; t < TTerm.Operands; t++)
        {
            padded[t] = (byte*)(buffers + (t * Lanes));
            Unsafe.CopyBlockUnaligned(padded[t], p[t] + (i * sizeof(float)), (uint)count * sizeof(float));
        }

        float* terms = stackalloc float[Lanes];
        V.Store(terms, term.Term<V>(padded, 0));
        new Span<float>(terms + count, Lanes - count).Clear();
        for (int t = TTerm.Operands - TTerm.Outputs; t < TTerm.Operands; t++)
        {
            Unsafe.CopyBlockUnaligned(p[t] + (i * sizeof(float)), padded[t], (uint)count * sizeof(float));
        }

        return V.Load(terms);
    }
}
