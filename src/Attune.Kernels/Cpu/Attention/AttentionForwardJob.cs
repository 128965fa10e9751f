using Attune.Kernels.Cpu.Simd;
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
        nint weightBytes = _problem.Products.RowBytes(keys);
        for (int i = 0; i < queries.Queries; i++)
        {
            (int from, int to) = _problem.Range(sequence, start + i, out int position);
            int low = Math.Max(from - key, 0);
            int high = Math.Min(to - key, keys);
            for (int m = i * _problem.Group; m < (i + 1) * _problem.Group; m++)
            {
                byte* weights = buffers.Weights + (m * weightBytes);
                if (low < high)
                {
                    Row(buffers, m, low, high, keys, _problem.SlopeOf(queries.HeadOf(m)), key - position, weights);
                }

                // The product reads all keys of the block, in whole vectors as far as they are seen here, the rest as zeros.
                int written = low < high ? (high + V.Count - 1) / V.Count * V.Count : 0;
                int bytes = _problem.Products.Storage.SizeInBytes;
                new Span<byte>(weights + (written * bytes), Math.Max(0, (int)weightBytes - (written * bytes))).Clear();
            }
        }
    }

    private readonly void Row(in Buffers buffers, int m, int low, int high, int keys, float slope, int distance, byte* weights)
    {
        float* scores = buffers.Scores + ((nint)m * BlockKeys);
        float scale = _problem.Scale;
        if (_problem.IsBent)
        {
            ScoreRow<V>.Bend(scores, high, new Scores(_problem), slope, distance);
            scale = 1;
        }

        ScoreRow<V>.Hide(scores, low, high, high);
        float before = buffers.Largest[m];
        float largest = Math.Max(before, ScoreRow<V>.Largest(scores, high, scale));
        float sum = ScoreRow<V>.Exponentials(scores, weights, high, scale, largest, _problem.Products.Storage);
        buffers.Largest[m] = largest;
        if (before == largest)
        {
            buffers.Denominators[m] += sum;
        }
        else
        {
            // e^-infinity = 0 for the first block, which has nothing to shrink.
            float shrink = MathF.Exp(before - largest);
            buffers.Denominators[m] = (buffers.Denominators[m] * shrink) + sum;
            if (shrink > 0)
            {
                ScoreRow<V>.Scale(buffers.Sums + ((nint)m * buffers.SumStride), buffers.SumStride, shrink);
            }
        }
    }

    private readonly void Finish(in QueryBlock queries, in Buffers buffers)
    {
        for (int m = 0; m < queries.Rows; m++)
        {
            var statistics = new RowStatistics(buffers.Largest[m], buffers.Denominators[m]);
            float* sums = buffers.Sums + ((nint)m * buffers.SumStride);
            ScoreRow<V>.Scale(sums, buffers.SumStride, statistics.Inverse);
            _statistics[((long)queries.RowOf(m) * _problem.Heads) + queries.HeadOf(m)] = statistics;
        }

        for (int i = 0; i < queries.Queries; i++)
        {
            float* row = buffers.Sums + ((nint)i * _problem.Group * buffers.SumStride);
            _y.Store<V>(queries.FirstRow + i, queries.FirstHead, _problem.Group, row, buffers.SumStride, accumulate: false);
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
            Largest = scratch.TakeFloats(rows);
            Denominators = scratch.TakeFloats(rows);
            Bytes = scratch.Bytes;
        }

        public byte* Q { get; }

        public float* Scores { get; }

        public byte* Weights { get; }

        public float* Sums { get; }

        public int SumStride { get; }

        public float* Largest { get; }

        public float* Denominators { get; }

        public long Bytes { get; }
    }
}
