using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// dQ: an index of the job is a block of queries, which walks over the blocks of keys that it sees, makes the scores again, and adds up dS K. Nothing is shared between
/// threads, so that sums have one order.
/// </summary>
internal unsafe struct AttentionQueryGradientJob<V>(
    WorkerPool pool, in AttentionProblem problem, Tensor statistics, Tensor upstream, Tensor dQ, bool accumulate) : IJob
    where V : struct, IVec<V>
{
    /// <summary>Keys of a block: the scores and their gradients of all rows stay in the second-level cache.</summary>
    private const int BlockKeys = 256;

    private readonly AttentionProblem _problem = problem;
    private readonly HeadRows _upstream = new(upstream);
    private readonly HeadRows _dQ = new(dQ);
    private readonly RowStatistics* _statistics = (RowStatistics*)CpuStorage.Start(statistics);
    private PackedKeys _packed = new(problem, gradient: true);
    private AttentionUnit* _units;
    private float* _delta;
    private int _count;
    private long _scratchBytes;

    /// <summary>Takes the memory that all threads share; over an empty layout only counts it.</summary>
    public void Place(ref ScratchLayout scratch, bool counts)
    {
        _count = AttentionUnits.Count(_problem, QueryBlock.QueriesOf(_problem), keys: false);
        _units = (AttentionUnit*)scratch.Take((long)_count * sizeof(AttentionUnit));
        _packed.Place(ref scratch, counts);
    }

    /// <summary>Computes the gradient of all queries.</summary>
    /// <param name="delta">What <see cref="AttentionDeltaJob{V}"/> made.</param>
    public void Run(float* delta)
    {
        _delta = delta;
        _packed.Run(pool);
        AttentionUnits.List(_problem, QueryBlock.QueriesOf(_problem), keys: false, _units);
        _scratchBytes = new Buffers(null, _problem).Bytes;
        pool.Run(ref this, _count);
    }

    public readonly void Execute(int index, int worker)
    {
        AttentionUnit unit = _units[index];
        AttentionProblem.Sequence sequence = _problem.SequenceAt(unit.Sequence);
        TileProduct products = _problem.Products;
        var queries = new QueryBlock(_problem, sequence, unit.KeyHead, unit.Start, unit.Count);
        var buffers = new Buffers(pool.Scratch(worker, _scratchBytes), _problem);
        int rows = queries.Rows;
        queries.Load<V>(_problem.Q, buffers.Q);
        queries.Load<V>(_upstream, buffers.Upstream);
        new Span<float>(buffers.Gradient, rows * buffers.Stride).Clear();
        for (int j = 0; j < BlockKeys; j++)
        {
            buffers.Ramp[j] = j;
        }

        Panels packedKeys = _packed.Keys(unit.Sequence, unit.KeyHead);
        Panels packedValues = _packed.Values(unit.Sequence, unit.KeyHead);
        Panels keysTransposed = _packed.KeysTransposed(unit.Sequence, unit.KeyHead);
        for (int key = queries.FirstKey & ~15; key < queries.EndKey; key += BlockKeys)
        {
            int keys = Math.Min(BlockKeys, queries.EndKey - key);
            products.Run(buffers.Q, packedKeys.FromColumn(key), buffers.Scores, BlockKeys, rows, keys, _problem.Q.Size, accumulate: false);
            products.Run(
                buffers.Upstream, packedValues.FromColumn(key), buffers.WeightGradients, BlockKeys, rows, keys, _problem.V.Size, accumulate: false);
            for (int i = 0; i < queries.Queries; i++)
            {
                (int from, int to) = _problem.Range(sequence, unit.Start + i, out int position);
                int low = Math.Clamp(from - key, 0, keys);
                int high = Math.Clamp(to - key, low, keys);
                for (int m = i * _problem.Group; m < (i + 1) * _problem.Group; m++)
                {
                    Row(queries, buffers, m, low, high, keys, key - position);
                }
            }

            Panels keyColumns = keysTransposed.FromDepth(key, products.Storage);
            products.Run(buffers.ScoreGradients, keyColumns, buffers.Gradient, buffers.Stride, rows, _problem.Q.Size, keys, accumulate: true);
        }

        for (int m = 0; m < rows; m++)
        {
            _dQ.Store<V>(queries.RowOf(m), queries.HeadOf(m), buffers.Gradient + ((nint)m * buffers.Stride), accumulate);
        }
    }

    private readonly void Row(in QueryBlock queries, in Buffers buffers, int m, int low, int high, int keys, int distance)
    {
        nint rowBytes = _problem.Products.RowBytes(keys);
        byte* target = buffers.ScoreGradients + (m * rowBytes);
        if (low < high)
        {
            long place = ((long)queries.RowOf(m) * _problem.Heads) + queries.HeadOf(m);
            float* scores = buffers.Scores + ((nint)m * BlockKeys);
            float* gradients = buffers.WeightGradients + ((nint)m * BlockKeys);
            float slope = _problem.SlopeOf(queries.HeadOf(m));
            if (_problem.Products.Storage == DType.BF16)
            {
                Gradients<BF16Element>(scores, gradients, target, high, place, slope, distance, buffers.Ramp);
            }
            else
            {
                Gradients<F32Element>(scores, gradients, target, high, place, slope, distance, buffers.Ramp);
            }
        }

        // What the query does not see may hold anything.
        int bytes = _problem.Products.Storage.SizeInBytes;
        new Span<byte>(target, low * bytes).Clear();
        new Span<byte>(target + (high * bytes), (int)rowBytes - (high * bytes)).Clear();
    }

    /// <summary>dS = P (dP - delta), led back to the products.</summary>
    [MethodImpl(Compile.Loop)]
    private readonly void Gradients<E>(float* scores, float* gradients, byte* target, int width, long place, float slope, int distance, float* ramp)
        where E : struct, IElement
    {
        var score = new Scores(_problem);
        V shift = V.Create(-_statistics[place].Largest);
        V inverse = V.Create(_statistics[place].Inverse);
        V first = V.Create((float)distance);
        V steepness = V.Create(slope);
        V mean = V.Create(_delta[place]);
        for (int j = 0; j < width; j += V.Count)
        {
            V exponent = score.Exponent(V.Load(scores + j), steepness, V.Load(ramp + j) + first, shift, out V derivative);
            V weight = VecMath.ExpNonPositive(exponent) * inverse;
            E.Store(target, j, weight * (V.Load(gradients + j) - mean) * derivative);
        }
    }

    private readonly ref struct Buffers
    {
        public Buffers(byte* memory, in AttentionProblem problem)
        {
            var scratch = new ScratchLayout(memory);
            int rows = QueryBlock.RowsOf(problem);
            TileProduct products = problem.Products;
            Stride = (problem.Q.Size + 15) & ~15;
            Q = scratch.Take(rows * products.RowBytes(problem.Q.Size));
            Upstream = scratch.Take(rows * products.RowBytes(problem.V.Size));
            Scores = scratch.TakeFloats((long)rows * BlockKeys);
            WeightGradients = scratch.TakeFloats((long)rows * BlockKeys);
            ScoreGradients = scratch.Take(rows * products.RowBytes(BlockKeys));
            Gradient = scratch.TakeFloats((long)rows * Stride);
            Ramp = scratch.TakeFloats(BlockKeys);
            Bytes = scratch.Bytes;
        }

        public byte* Q { get; }

        public byte* Upstream { get; }

        public float* Scores { get; }

        public float* WeightGradients { get; }

        public byte* ScoreGradients { get; }

        public float* Gradient { get; }

        public int Stride { get; }

        public float* Ramp { get; }

        public long Bytes { get; }
    }
}
