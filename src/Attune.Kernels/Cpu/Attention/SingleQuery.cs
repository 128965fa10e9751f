using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>What a single query does with some rows of keys or values, which are read where they lie. Single precision is followed by zeros up to 16 numbers.</summary>
internal static unsafe class SingleQuery<V>
    where V : struct, IVec<V>
{
    /// <summary>scores[j] = query keys[j].</summary>
    /// <param name="query">Single precision.</param>
    /// <param name="keys">Rows.</param>
    /// <param name="size">Numbers of a row.</param>
    /// <param name="scores">One for each row, with room for whole fours.</param>
    public static void Score(float* query, in RowStrip keys, int size, float* scores)
    {
        if (keys.IsBF16)
        {
            Score<BF16Element>(query, keys.Start, keys.RowBytes, keys.Rows, size, scores);
        }
        else
        {
            Score<F32Element>(query, keys.Start, keys.RowBytes, keys.Rows, size, scores);
        }
    }

    /// <summary>sums += the sum of weights[j] values[j].</summary>
    /// <param name="weights">One for each row.</param>
    /// <param name="values">Rows.</param>
    /// <param name="size">Numbers of a row.</param>
    /// <param name="sums">Single precision.</param>
    public static void Weigh(float* weights, in RowStrip values, int size, float* sums)
    {
        if (values.IsBF16)
        {
            Weigh<BF16Element>(weights, values.Start, values.RowBytes, values.Rows, size, sums);
        }
        else
        {
            Weigh<F32Element>(weights, values.Start, values.RowBytes, values.Rows, size, sums);
        }
    }

    /// <summary>Four keys at a time: one sum alone would wait for its own additions.</summary>
    [MethodImpl(Compile.Loop)]
    private static void Score<E>(float* query, byte* keys, nint rowBytes, int rows, int size, float* scores)
        where E : struct, IElement
    {
        for (int j = 0; j < rows; j += 4)
        {
            // Where there is none any more, the last key counts again.
            byte* first = keys + (j * rowBytes);
            byte* second = keys + (Math.Min(j + 1, rows - 1) * rowBytes);
            byte* third = keys + (Math.Min(j + 2, rows - 1) * rowBytes);
            byte* fourth = keys + (Math.Min(j + 3, rows - 1) * rowBytes);
            V a = V.Create(0f), b = V.Create(0f), c = V.Create(0f), d = V.Create(0f);
            for (nint i = 0; i < size; i += V.Count)
            {
                V q = V.Load(query + i);
                a = V.Fma(E.Load<V>(first, i), q, a);
                b = V.Fma(E.Load<V>(second, i), q, b);
                c = V.Fma(E.Load<V>(third, i), q, c);
                d = V.Fma(E.Load<V>(fourth, i), q, d);
            }

            V.StoreSums(scores + j, a, b, c, d);
        }
    }

    [MethodImpl(Compile.Loop)]
    private static void Weigh<E>(float* weights, byte* values, nint rowBytes, int rows, int size, float* sums)
        where E : struct, IElement
    {
        nint i = 0;
        for (; i <= size - (4 * V.Count); i += 4 * V.Count)
        {
            V a = V.Load(sums + i), b = V.Load(sums + i + V.Count), c = V.Load(sums + i + (2 * V.Count)), d = V.Load(sums + i + (3 * V.Count));
            byte* row = values;
            for (int j = 0; j < rows; j++, row += rowBytes)
            {
                V weight = V.Create(weights[j]);
                a = V.Fma(weight, E.Load<V>(row, i), a);
                b = V.Fma(weight, E.Load<V>(row, i + V.Count), b);
                c = V.Fma(weight, E.Load<V>(row, i + (2 * V.Count)), c);
                d = V.Fma(weight, E.Load<V>(row, i + (3 * V.Count)), d);
            }

            V.Store(sums + i, a);
            V.Store(sums + i + V.Count, b);
            V.Store(sums + i + (2 * V.Count), c);
            V.Store(sums + i + (3 * V.Count), d);
        }

        for (; i < size; i += V.Count)
        {
            V a = V.Load(sums + i);
            byte* row = values;
            for (int j = 0; j < rows; j++, row += rowBytes)
            {
                a = V.Fma(V.Create(weights[j]), E.Load<V>(row, i), a);
            }

            V.Store(sums + i, a);
        }
    }
}
