using Attune.Kernels.Cpu.Scalar;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Reductions;

/// <summary>Reduces [batches, rows, 1]: one result per batch. Long reductions are cut into pieces of a fixed size, whose results are joined in order.</summary>
internal unsafe struct RowReduceJob<V, TReduction> : IJob
    where V : struct, IVec<V>
    where TReduction : struct, IReduction
{
    private const int ChunkElements = 16 * 1024;

    private ReduceNest _nest;
    private DType _sourceType;
    private DType _destinationType;
    private byte* _source;
    private byte* _destination;
    private double* _partials;
    private long _pieces;
    private long _batchesPerIndex;

    public static void Run(CpuOperators<V> operators, in ReduceNest nest, Tensor source, Tensor destination)
    {
        var job = new RowReduceJob<V, TReduction>
        {
            _nest = nest,
            _sourceType = source.DType,
            _destinationType = destination.DType,
            _source = CpuStorage.Start(source),
            _destination = CpuStorage.Start(destination),
            _pieces = Math.Max(1, (nest.Rows + ChunkElements - 1) / ChunkElements),
        };
        if (job._pieces == 1)
        {
            job._batchesPerIndex = Math.Max(1, ChunkElements / Math.Max(1, nest.Rows));
            operators.Pool.Run(ref job, checked((int)((nest.Batches + job._batchesPerIndex - 1) / job._batchesPerIndex)));
            return;
        }

        lock (operators.Pool.Runs)
        {
            job._partials = (double*)operators.Shared(nest.Batches * job._pieces * sizeof(double));
            operators.Pool.Run(ref job, checked((int)(nest.Batches * job._pieces)));
            job.Join();
        }
    }

    public readonly void Execute(int index, int worker)
    {
        if (_partials != null)
        {
            (long batch, long piece) = Math.DivRem(index, _pieces);
            long start = piece * ChunkElements;
            _partials[index] = Reduce(batch, start, Math.Min(ChunkElements, _nest.Rows - start));
            return;
        }

        long end = Math.Min(_nest.Batches, (index + 1) * _batchesPerIndex);
        for (long batch = index * _batchesPerIndex; batch < end; batch++)
        {
            ScalarElements.Store(_destinationType, _destination, batch, Reduce(batch, 0, _nest.Rows));
        }
    }

    private readonly double Reduce(long batch, long start, long count) => Runs.Reduce<V, TReduction>(
        _sourceType, _source + (((batch * _nest.BatchStride) + (start * _nest.RowStride)) * _sourceType.SizeInBytes), _nest.RowStride, count);

    private readonly void Join()
    {
        for (long batch = 0; batch < _nest.Batches; batch++)
        {
            double result = TReduction.Nothing;
            for (long piece = 0; piece < _pieces; piece++)
            {
                result = TReduction.Join(result, _partials[(batch * _pieces) + piece]);
            }

            ScalarElements.Store(_destinationType, _destination, batch, result);
        }
    }
}
