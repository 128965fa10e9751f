using System.Runtime.Intrinsics;
using Attune.Kernels.Cpu.Scalar;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>destination [C] (+)= the sum of parts [P, stride], added in order in double precision.</summary>
internal unsafe struct PartSumJob : IJob
{
    private const int BlockColumns = 256;

    private float* _parts;
    private int _count;
    private int _stride;
    private int _columns;
    private byte* _destination;
    private DType _type;
    private bool _accumulate;

    public static void Run(WorkerPool pool, float* parts, int count, int stride, Tensor destination, bool accumulate)
    {
        var job = new PartSumJob
        {
            _parts = parts,
            _count = count,
            _stride = stride,
            _columns = (int)destination.Count,
            _destination = CpuStorage.Start(destination),
            _type = destination.DType,
            _accumulate = accumulate,
        };
        pool.Run(ref job, (job._columns + BlockColumns - 1) / BlockColumns);
    }

    public readonly void Execute(int index, int worker)
    {
        double* sums = stackalloc double[BlockColumns];
        int start = index * BlockColumns;
        int count = Math.Min(BlockColumns, _columns - start);
        for (int part = 0; part < _count; part++)
        {
            float* row = _parts + ((long)part * _stride) + start;
            int i = 0;
            for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Load(row + i));
                (Vector256.Load(sums + i) + lower).Store(sums + i);
                (Vector256.Load(sums + i + Vector256<double>.Count) + upper).Store(sums + i + Vector256<double>.Count);
            }

            for (; i < count; i++)
            {
                sums[i] += row[i];
            }
        }

        for (int i = 0; i < count; i++)
        {
            double old = _accumulate ? ScalarElements.Load(_type, _destination, start + i) : 0;
            ScalarElements.Store(_type, _destination, start + i, old + sums[i]);
        }
    }
}
