using System.Numerics;
using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Scalar;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Reductions;

/// <summary>The place of the first largest number of each row: NaN counts as nothing, a row of nothing gives 0.</summary>
internal unsafe struct ArgMaxJob<V> : IJob
    where V : struct, IVec<V>
{
    private DType _sourceType;
    private DType _destinationType;
    private byte* _source;
    private byte* _destination;
    private long _columns;

    public static void Run(WorkerPool pool, Tensor source, Tensor destination)
    {
        var job = new ArgMaxJob<V>
        {
            _sourceType = source.DType,
            _destinationType = destination.DType,
            _source = CpuStorage.Start(source),
            _destination = CpuStorage.Start(destination),
            _columns = source.Shape[-1],
        };
        pool.Run(ref job, checked((int)destination.Count));
    }

    [SkipLocalsInit]
    public readonly void Execute(int index, int worker)
    {
        float* buffer = stackalloc float[Blocks.Size];
        byte* row = _source + (index * _columns * _sourceType.SizeInBytes);
        float best = float.NegativeInfinity;
        long place = 0;
        for (long start = 0; start < _columns; start += Blocks.Size)
        {
            int count = (int)Math.Min(Blocks.Size, _columns - start);
            float* run = Blocks.View<V>(_sourceType, row + (start * _sourceType.SizeInBytes), 1, count, buffer);
            float largest = Largest(run, count);
            if (largest > best)
            {
                best = largest;
                place = start + IndexOf(run, count, largest);
            }
        }

        ScalarElements.Store(_destinationType, _destination, index, place);
    }

    [MethodImpl(Compile.Loop)]
    private static float Largest(float* run, int count)
    {
        V best = V.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
        {
            best = Larger(best, V.Load(run + i));
        }

        if (i < count)
        {
            best = Larger(best, Runs.LoadTail<V>(run + i, count - i, float.NegativeInfinity));
        }

        return V.Largest(best);
    }

    /// <summary>The larger one; the best so far, which is never NaN, if the other is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Larger(V best, V x) => V.Select(V.Less(best, x), x, best);

    [MethodImpl(Compile.Loop)]
    private static int IndexOf(float* run, int count, float value)
    {
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
        {
            uint bits = V.Bits(V.Equal(V.Load(run + i), V.Create(value)));
            if (bits != 0)
            {
                return i + BitOperations.TrailingZeroCount(bits);
            }
        }

        while (run[i] != value)
        {
            i++;
        }

        return i;
    }
}
