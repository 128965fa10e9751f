using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// Forward pass of FlashAttention-2 (Dao 2023): an index of the job is a block of queries, which walks over blocks of keys with a running maximum and sum of each row.
/// </summary>
internal unsafe struct AttentionForwardJob<V>(WorkerPool pool, in AttentionProblem problem, Tensor y, Tensor statistics) : IJob
    where V : struct, IVec<V>
{
    /// <summary>Keys of a block: many, because each block costs work for every row, but scores must stay in the second-level cache.</summary>
    private const int BlockKeys = 512;

    private readonly AttentionProblem _problem = problem;
    private readonly HeadRows _y = new(y);
    private readonly RowStatistics* _statistics = (RowStatistics*)CpuStorage.Start(statistics);
    private PackedKeys _packed = new(problem);
    private AttentionUnit* _units;
    private long _scratchBytes;

    /// <summary>Computes the whole call; the caller holds the pool.</summary>
    public void Run(CpuOperators operators)
    {
        int block = QueryBlock.QueriesOf(_problem);
        int units = AttentionUnits.Count(_problem, block, keys: false);
        var shared = new ScratchLayout(null);
        shared.Take((long)units * sizeof(AttentionUnit));
        _packed.Place(ref shared, counts: true);
        shared = new ScratchLayout(operators.Shared(shared.Bytes));
        _units = (AttentionUnit*)shared.Take((long)units * sizeof(AttentionUnit));
        _packed.Place(ref shared, counts: false);
        _packed.Run(pool);
        AttentionUnits.List(_problem, block, keys: false, _units);
        _scratchBytes = new Buffers(null, _problem).Bytes;
        pool.Run(ref this, units);
    }

    public readonly void Execute(int index, int worker)
    {
        AttentionUnit unit = _units[index];
        AttentionProblem.Sequence sequence = _problem.SequenceAt(unit.Sequence);
        var queries = new QueryBlock(_problem, sequence, unit.KeyHead, unit.Start, unit.Count);
        var buffers = new Buffers(pool.Scratch(worker, _scratchBytes), _problem);
        int rows = queries.Rows;
        queries.Load<V>(_problem.Q, buffers.Q);
        new Span<float>(buffers.Sums, rows * buffers.SumStride).Clear();
        new Span<float>(buffers.Largest, rows).Fill(float.NegativeInfinity);
        new Span<float>(buffers.Denominators, rows).Clear();
        TileProduct products = _problem.Products;
        Panels packedKeys = _packed.Keys(unit.Sequence, unit.KeyHead);
        Panels packedValues = _packed.ValuesTransposed(unit.Sequence, unit.KeyHead);
        for (int key = queries.FirstKey & ~15; key < queries.EndKey; key += BlockKeys)
        {
            int keys = Math.Min(BlockKeys, queries.EndKey - key);
            products.Run(buffers.Q, packedKeys.FromColumn(key), buffers.Scores, BlockKeys, rows, keys, _problem.Q.Size, accumulate: false);
            Weigh(queries, sequence, unit.Start, buffers, key, keys);
            Panels values = packedValues.FromDepth(key, products.Storage);
            products.Run(buffers.Weights, values, buffers.Sums, buffers.SumStride, rows, _problem.V.Size, keys, accumulate: true);
        }

        Finish(queries, buffers);
    }

    /// <summary>Rows of a block: new maximum, exponentials, sum; what was summed before shrinks to the new maximum.</summary>
    private readonly void Weigh(in QueryBlock queries, in AttentionProblem.Sequence sequence, int start, in Buffers buffers, int key, int keys)
    {
        for (int i = 0; i < queries.Queries; i++)
        {
            (int from, int to) = _problem.Range(sequence, start + i, out int position);
            int low = Math.Max(from - key, 0);
            int high = Math.Min(to - key, keys);
            for (int m = i * _problem.Group; m < (i + 1) * _problem.Group; m++)
            {
                float* scores = buffers.Scores + ((nint)m * BlockKeys);
                buffers.Seen[m] = low < high ? high : 0;
                if (_problem.IsBent)
                {
                    ScoreRow<V>.Bend(scores, buffers.Seen[m], new Scores(_problem), _problem.SlopeOf(queries.HeadOf(m)), key - position);
                }

                new Span<float>(scores, Math.Min(low, buffers.Seen[m])).Fill(float.NegativeInfinity);
            }
        }

        MakeWeights(buffers, queries.Rows, keys, _problem.IsBent ? 1 : _problem.Scale);
        for (int m = 0; m < queries.Rows; m++)
        {
            Add(buffers, m);
        }
    }

    /// <summary>Weights and their sums, of the scores that each row sees; zeros behind them, because the product reads all keys of the block.</summary>
    private readonly void MakeWeights(in Buffers buffers, int rows, int keys, float scale)
    {
        var arguments = new WeightArguments
        {
            Scores = buffers.Scores,
            ScoreStride = BlockKeys * sizeof(float),
            Weights = buffers.Weights,
            WeightStride = _problem.Products.RowBytes(keys),
            Rows = rows,
            Seen = buffers.Seen,
            Before = buffers.Largest,
            Largest = buffers.NewLargest,
            Sums = buffers.NewSums,
            Scale = scale,
            BinaryScale = scale * VecMath.BinaryLogarithmOfE,
        };
        if (_problem.HasEmittedSoftmax)
        {
            SoftmaxKernels.Weigh(&arguments);
        }
        else
        {
            ScoreRow<V>.Weigh(arguments, _problem.Products.Storage);
        }
    }

    /// <summary>Adds the sum of a row's weights to those of the blocks before.</summary>
    private readonly void Add(in Buffers buffers, int m)
    {
        float before = buffers.Largest[m];
        float largest = buffers.NewLargest[m];
        if (before == largest)
        {
            buffers.Denominators[m] += buffers.NewSums[m];
            return;
        }

        // e^-infinity = 0 for the first block, which has nothing to shrink.
        float shrink = MathF.Exp(before - largest);
        buffers.Largest[m] = largest;
        buffers.Denominators[m] = (buffers.Denominators[m] * shrink) + buffers.NewSums[m];
        if (shrink > 0)
        {
            ScoreRow<V>.Scale(buffers.Sums + ((nint)m * buffers.SumStride), buffers.SumStride, shrink);
        }
    }

    private readonly void Finish(in QueryBlock queries, in Buffers buffers)
    {
        int group = _problem.Group;
        int stride = buffers.SumStride;
        for (int i = 0; i < queries.Queries; i++)
        {
            float* rows = buffers.Sums + ((nint)i * group * stride);
            RowStatistics* statistics = _statistics + (((long)(queries.FirstRow + i) * _problem.Heads) + queries.FirstHead);
            for (int h = 0; h < group; h++)
            {
                int m = (i * group) + h;
                statistics[h] = new RowStatistics(buffers.Largest[m], buffers.Denominators[m]);
                ScoreRow<V>.Scale(rows + ((nint)h * stride), stride, statistics[h].Inverse);
            }

            _y.Store<V>(queries.FirstRow + i, queries.FirstHead, group, rows, stride, accumulate: false);
        }
    }

    private readonly ref struct Buffers
    {
        public Buffers(byte* memory, in AttentionProblem problem)
        {
            var scratch = new ScratchLayout(memory);
            int rows = QueryBlock.RowsOf(problem);
            int valueSize = (problem.V.Size + 15) & ~15;
            TileProduct products = problem.Products;
            SumStride = valueSize;
            Q = scratch.Take(rows * products.RowBytes(problem.Q.Size));
            Scores = scratch.TakeFloats((long)rows * BlockKeys);
            Weights = scratch.Take(rows * products.RowBytes(BlockKeys));
            Sums = scratch.TakeFloats((long)rows * valueSize);
            Seen = (int*)scratch.TakeFloats(rows);
            Largest = scratch.TakeFloats(rows);
            Denominators = scratch.TakeFloats(rows);
            NewLargest = scratch.TakeFloats(rows);
            NewSums = scratch.TakeFloats(rows);
            Bytes = scratch.Bytes;
        }

        public byte* Q { get; }

        public float* Scores { get; }

        public byte* Weights { get; }

        public float* Sums { get; }

        public int SumStride { get; }

        /// <summary>Keys of the block up to the last one that a row sees.</summary>
        public int* Seen { get; }

        /// <summary>The largest score of each row in the blocks before.</summary>
        public float* Largest { get; }

        /// <summary>The sum of each row's weights in the blocks before.</summary>
        public float* Denominators { get; }

        /// <summary>The largest score with this block's.</summary>
        public float* NewLargest { get; }

        /// <summary>The sum of this block's weights.</summary>
        public float* NewSums { get; }

        public long Bytes { get; }
    }
}
