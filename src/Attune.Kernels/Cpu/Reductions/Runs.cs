using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Reductions;

/// <summary>Reductions of a run of elements, in a fixed order that depends on the vector width only.</summary>
internal static unsafe class Runs
{
    private const int LineFloats = 16;

    /// <summary>How far ahead numbers are fetched: the processor follows one stream alone at two thirds of the rate of memory.</summary>
    private const int FloatsAhead = 512;

    /// <summary>Reduces elements of any vector type and stride.</summary>
    [SkipLocalsInit]
    [MethodImpl(Compile.Loop)]
    public static double Reduce<V, TReduction>(DType type, byte* source, long stride, long count)
        where V : struct, IVec<V>
        where TReduction : struct, IReduction
    {
        float* buffer = stackalloc float[Blocks.Size];
        double result = TReduction.Nothing;
        for (long start = 0; start < count; start += Blocks.Size)
        {
            int size = (int)Math.Min(Blocks.Size, count - start);
            float* run = Blocks.View<V>(type, source + (start * stride * type.SizeInBytes), stride, size, buffer);
            result = TReduction.Join(result, ReduceBlock<V, TReduction>(run, size));
        }

        return result;
    }

    /// <summary>Reduces at most <see cref="Blocks.Size"/> numbers: each lane adds a few dozen, so single precision is enough.</summary>
    [MethodImpl(Compile.Loop)]
    public static double ReduceBlock<V, TReduction>(float* run, int count)
        where V : struct, IVec<V>
        where TReduction : struct, IReduction
    {
        // The end first: no vector survives a call in a register, and none is alive yet.
        V a = V.Create((float)TReduction.Nothing);
        int rest = count % V.Count;
        if (rest > 0)
        {
            count -= rest;
            a = TReduction.Accumulate(a, LoadTail<V>(run + count, rest, (float)TReduction.Nothing));
        }

        V b = V.Create((float)TReduction.Nothing);
        V c = b;
        V d = b;
        int i = 0;
        for (; i <= count - (4 * V.Count); i += 4 * V.Count)
        {
            for (int line = 0; line < 4 * V.Count && Sse.IsSupported; line += LineFloats)
            {
                Sse.Prefetch0(run + i + FloatsAhead + line);
            }

            a = TReduction.Accumulate(a, V.Load(run + i));
            b = TReduction.Accumulate(b, V.Load(run + i + V.Count));
            c = TReduction.Accumulate(c, V.Load(run + i + (2 * V.Count)));
            d = TReduction.Accumulate(d, V.Load(run + i + (3 * V.Count)));
        }

        for (; i < count; i += V.Count)
        {
            a = TReduction.Accumulate(a, V.Load(run + i));
        }

        return TReduction.Across(TReduction.Combine(TReduction.Combine(a, b), TReduction.Combine(c, d)));
    }

    /// <summary>Less than a vector, the other lanes set to a value.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V LoadTail<V>(float* source, int count, float padding)
        where V : struct, IVec<V>
    {
        float* padded = stackalloc float[16];
        V.Store(padded, V.Create(padding));
        Unsafe.CopyBlockUnaligned(padded, source, (uint)count * sizeof(float));
        return V.Load(padded);
    }

    /// <summary>Stores the first lanes of a vector.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StoreTail<V>(float* destination, int count, V value)
        where V : struct, IVec<V>
    {
        float* padded = stackalloc float[16];
        V.Store(padded, value);
        Unsafe.CopyBlockUnaligned(destination, padded, (uint)count * sizeof(float));
    }
}
