using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Scalar;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Reductions;

/// <summary>
/// Reduces [batches, rows, columns] over the rows. An index of the job is a block of columns and a fixed number of rows: a few rows are added in single precision, these
/// sums in double precision, and the blocks of rows are joined in order.
/// </summary>
internal unsafe struct ColumnReduceJob<V, TReduction> : IJob
    where V : struct, IVec<V>
    where TReduction : struct, IReduction
{
    private const int BlockColumns = 256;
    private const int PieceRows = 512;
    private const int SingleRows = 32;

    private ReduceNest _nest;
    private DType _sourceType;
    private DType _destinationType;
    private byte* _source;
    private byte* _destination;
    private double* _partials;
    private long _pieces;
    private long _columnBlocks;

    public static void Run(CpuOperators<V> operators, in ReduceNest nest, Tensor source, Tensor destination)
    {
        var job = new ColumnReduceJob<V, TReduction>
        {
            _nest = nest,
            _sourceType = source.DType,
            _destinationType = destination.DType,
            _source = CpuStorage.Start(source),
            _destination = CpuStorage.Start(destination),
            _pieces = Math.Max(1, (nest.Rows + PieceRows - 1) / PieceRows),
            _columnBlocks = (nest.Columns + BlockColumns - 1) / BlockColumns,
        };
        lock (operators.Pool.Runs)
        {
            job._partials = (double*)operators.Shared(job._pieces * nest.Batches * nest.Columns * sizeof(double));
            operators.Pool.Run(ref job, checked((int)(job._pieces * nest.Batches * job._columnBlocks)));
            job.Join();
        }
    }

    [SkipLocalsInit]
    public readonly void Execute(int index, int worker)
    {
        float* sums = stackalloc float[BlockColumns];
        float* buffer = stackalloc float[BlockColumns];
        (long group, long block) = Math.DivRem(index, _columnBlocks);
        (long piece, long batch) = Math.DivRem(group, _nest.Batches);
        long column = block * BlockColumns;
        int count = (int)Math.Min(BlockColumns, _nest.Columns - column);
        double* totals = _partials + (group * _nest.Columns) + column;
        new Span<double>(totals, count).Fill(TReduction.Nothing);
        long endRow = Math.Min(_nest.Rows, (piece + 1) * PieceRows);
        for (long row = piece * PieceRows; row < endRow; row += SingleRows)
        {
            new Span<float>(sums, count).Fill((float)TReduction.Nothing);
            for (long r = row; r < Math.Min(row + SingleRows, endRow); r++)
            {
                long offset = (batch * _nest.BatchStride) + (r * _nest.RowStride) + (column * _nest.ColumnStride);
                float* run = Blocks.View<V>(_sourceType, _source + (offset * _sourceType.SizeInBytes), _nest.ColumnStride, count, buffer);
                Accumulate(sums, run, count);
            }

            for (int i = 0; i < count; i++)
            {
                totals[i] = TReduction.Join(totals[i], sums[i]);
            }
        }
    }

    [MethodImpl(Compile.Loop)]
    private static void Accumulate(float* sums, float* run, int count)
    {
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
        {
            V.Store(sums + i, TReduction.Accumulate(V.Load(sums + i), V.Load(run + i)));
        }

        if (i < count)
        {
            V sum = Runs.LoadTail<V>(sums + i, count - i, 0);
            Runs.StoreTail(sums + i, count - i, TReduction.Accumulate(sum, Runs.LoadTail<V>(run + i, count - i, 0)));
        }
    }

    private readonly void Join()
    {
        long results = _nest.Batches * _nest.Columns;
        for (long i = 0; i < results; i++)
        {
            double result = TReduction.Nothing;
            for (long piece = 0; piece < _pieces; piece++)
            {
                result = TReduction.Join(result, _partials[(piece * results) + i]);
            }

            ScalarElements.Store(_destinationType, _destination, i, result);
        }
    }
}
