using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// dK and dV: an index of the job is a block of keys, which walks over the blocks of queries that see it. Everything is transposed, [keys, queries], so that P^T and dS^T
/// are left operands as they stand.
/// </summary>
internal unsafe struct AttentionKeyGradientJob<V>(
    WorkerPool pool, in AttentionProblem problem, Tensor statistics, Tensor upstream,
    Tensor dK, bool accumulateK, Tensor dV, bool accumulateV) : IJob
    where V : struct, IVec<V>
{
    /// <summary>Keys of a block.</summary>
    private const int BlockKeys = 256;

    private readonly AttentionProblem _problem = problem;
    private readonly HeadRows _upstream = new(upstream);
    private readonly HeadRows _dK = new(dK);
    private readonly HeadRows _dV = new(dV);
    private readonly RowStatistics* _statistics = (RowStatistics*)CpuStorage.Start(statistics);
    private AttentionUnit* _units;
    private float* _delta;
    private int _count;
    private long _scratchBytes;

    /// <summary>Takes the memory that all threads share.</summary>
    public void Place(ref ScratchLayout scratch)
    {
        _count = AttentionUnits.Count(_problem, BlockKeys, keys: true);
        _units = (AttentionUnit*)scratch.Take((long)_count * sizeof(AttentionUnit));
    }

    /// <summary>Computes the gradients of all keys and values.</summary>
    /// <param name="delta">What <see cref="AttentionDeltaJob{V}"/> made.</param>
    /// <param name="shared">Whether keys belong to several sequences, so that blocks must be added one after the other.</param>
    public void Run(float* delta, bool shared)
    {
        _delta = delta;
        AttentionUnits.List(_problem, BlockKeys, keys: true, _units);
        _scratchBytes = new Buffers(null, _problem).Bytes;
        if (!shared)
        {
            pool.Run(ref this, _count);
            return;
        }

        for (int index = 0; index < _count; index++)
        {
            Execute(index, Math.Max(0, pool.CurrentWorker));
        }
    }

    public readonly void Execute(int index, int worker)
    {
        AttentionUnit unit = _units[index];
        AttentionProblem.Sequence sequence = _problem.SequenceAt(unit.Sequence);
        var buffers = new Buffers(pool.Scratch(worker, _scratchBytes), _problem);
        LoadKeys(sequence, unit, buffers);
        new Span<float>(buffers.KeyGradient, unit.Count * buffers.KeyStride).Clear();
        new Span<float>(buffers.ValueGradient, unit.Count * buffers.ValueStride).Clear();
        int block = QueryBlock.QueriesOf(_problem);
        for (int start = 0; start < sequence.Queries; start += block)
        {
            var queries = new QueryBlock(_problem, sequence, unit.KeyHead, start, Math.Min(block, sequence.Queries - start));
            if (queries.FirstKey < unit.Start + unit.Count && queries.EndKey > unit.Start)
            {
                AddBlock(sequence, unit, queries, start, buffers);
            }
        }

        for (int j = 0; j < unit.Count; j++)
        {
            long row = (long)sequence.FirstKey + unit.Start + j;
            _dK.Store<V>(row, unit.KeyHead, buffers.KeyGradient + ((nint)j * buffers.KeyStride), accumulateK);
            _dV.Store<V>(row, unit.KeyHead, buffers.ValueGradient + ((nint)j * buffers.ValueStride), accumulateV);
        }
    }

    private readonly void LoadKeys(in AttentionProblem.Sequence sequence, in AttentionUnit unit, in Buffers buffers)
    {
        TileProduct products = _problem.Products;
        float* buffer = stackalloc float[AttentionProblem.MaxHeadSize];
        for (int j = 0; j < unit.Count; j++)
        {
            long row = (long)sequence.FirstKey + unit.Start + j;
            QueryBlock.LoadRow<V>(_problem.K, products.Storage, row, unit.KeyHead, buffers.Keys + (j * products.RowBytes(_problem.K.Size)), buffer);
            QueryBlock.LoadRow<V>(_problem.V, products.Storage, row, unit.KeyHead, buffers.Values + (j * products.RowBytes(_problem.V.Size)), buffer);
        }
    }

    private readonly void AddBlock(in AttentionProblem.Sequence sequence, in AttentionUnit unit, in QueryBlock queries, int start, in Buffers buffers)
    {
        TileProduct products = _problem.Products;
        int rows = queries.Rows;

        // Of the block's keys, those that a query of this block sees.
        int first = Math.Max(0, queries.FirstKey - unit.Start);
        int keys = Math.Min(unit.Count, queries.EndKey - unit.Start) - first;
        byte* keyRows = buffers.Keys + (first * products.RowBytes(_problem.K.Size));
        byte* valueRows = buffers.Values + (first * products.RowBytes(_problem.V.Size));
        MatrixView q = LoadRows(queries, _problem.Q, buffers.Rows, rows);
        Panels panels = products.Pack(q, buffers.Panels);
        products.Run(keyRows, panels, buffers.Scores, buffers.Width, keys, rows, _problem.Q.Size, accumulate: false);
        Panels queriesTransposed = products.Pack(q.Transposed, buffers.QueriesTransposed);
        MatrixView dY = LoadRows(queries, _upstream, buffers.Rows, rows);
        panels = products.Pack(dY, buffers.Panels);
        products.Run(valueRows, panels, buffers.WeightGradients, buffers.Width, keys, rows, _problem.V.Size, accumulate: false);
        Panels upstreamTransposed = products.Pack(dY.Transposed, buffers.UpstreamTransposed);
        DescribeQueries(sequence, unit, queries, start, buffers);
        for (int j = 0; j < keys; j++)
        {
            nint offset = j * products.RowBytes(rows);
            float* scores = buffers.Scores + ((nint)j * buffers.Width);
            float* gradients = buffers.WeightGradients + ((nint)j * buffers.Width);
            if (products.Storage == DType.BF16)
            {
                Row<BF16Element>(buffers, first + j, scores, gradients, buffers.Weights + offset, buffers.ScoreGradients + offset, rows);
            }
            else
            {
                Row<F32Element>(buffers, first + j, scores, gradients, buffers.Weights + offset, buffers.ScoreGradients + offset, rows);
            }
        }

        float* valueGradient = buffers.ValueGradient + ((nint)first * buffers.ValueStride);
        float* keyGradient = buffers.KeyGradient + ((nint)first * buffers.KeyStride);
        products.Run(buffers.Weights, upstreamTransposed, valueGradient, buffers.ValueStride, keys, _problem.V.Size, rows, accumulate: true);
        products.Run(buffers.ScoreGradients, queriesTransposed, keyGradient, buffers.KeyStride, keys, _problem.Q.Size, rows, accumulate: true);
    }

    private readonly MatrixView LoadRows(in QueryBlock queries, in HeadRows source, byte* target, int rows)
    {
        queries.Load<V>(source, target);
        DType storage = _problem.Products.Storage;
        return new MatrixView(target, storage, rows, source.Size, _problem.Products.RowBytes(source.Size) / storage.SizeInBytes);
    }

    /// <summary>For every query row of a block: which keys of the unit it sees, and the numbers that its scores are compared with.</summary>
    private readonly void DescribeQueries(in AttentionProblem.Sequence sequence, in AttentionUnit unit, in QueryBlock queries, int start, in Buffers buffers)
    {
        for (int m = 0; m < ((queries.Rows + 15) & ~15); m++)
        {
            bool exists = m < queries.Rows;
            int position = 0;
            (int from, int to) = exists ? _problem.Range(sequence, start + (m / _problem.Group), out position) : (0, 0);
            long place = exists ? ((long)queries.RowOf(m) * _problem.Heads) + queries.HeadOf(m) : 0;
            bool sees = from < to;
            buffers.Low[m] = sees ? from - unit.Start : 0;
            buffers.High[m] = sees ? to - unit.Start : 0;
            buffers.Slope[m] = sees ? _problem.SlopeOf(queries.HeadOf(m)) : 0;
            buffers.Position[m] = position - unit.Start;
            buffers.Shift[m] = sees ? -_statistics[place].Largest : 0;
            buffers.Inverse[m] = sees ? _statistics[place].Inverse : 0;
            buffers.Delta[m] = sees ? _delta[place] : 0;
        }
    }

    /// <summary>P^T and dS^T of one key.</summary>
    [MethodImpl(Compile.Loop)]
    private readonly void Row<E>(in Buffers buffers, int j, float* scores, float* gradients, byte* weights, byte* scoreGradients, int rows)
        where E : struct, IElement
    {
        var score = new Scores(_problem);
        V key = V.Create((float)j);
        for (int m = 0; m < rows; m += V.Count)
        {
            V distance = key - V.Load(buffers.Position + m);
            V exponent = score.Exponent(V.Load(scores + m), V.Load(buffers.Slope + m), distance, V.Load(buffers.Shift + m), out V derivative);
            V seen = V.LessOrEqual(V.Load(buffers.Low + m), key) & V.Less(key, V.Load(buffers.High + m));
            V weight = seen & (VecMath.ExpNonPositive(exponent) * V.Load(buffers.Inverse + m));
            E.Store(weights, m, weight);
            E.Store(scoreGradients, m, seen & (weight * (V.Load(gradients + m) - V.Load(buffers.Delta + m)) * derivative));
        }
    }

    private readonly ref struct Buffers
    {
        public Buffers(byte* memory, in AttentionProblem problem)
        {
            var scratch = new ScratchLayout(memory);
            int rows = QueryBlock.RowsOf(problem);
            int largest = Math.Max(problem.Q.Size, problem.V.Size);
            TileProduct products = problem.Products;
            Width = (rows + 15) & ~15;
            KeyStride = (problem.K.Size + 15) & ~15;
            ValueStride = (problem.V.Size + 15) & ~15;
            Keys = scratch.Take(BlockKeys * products.RowBytes(problem.K.Size));
            Values = scratch.Take(BlockKeys * products.RowBytes(problem.V.Size));
            Rows = scratch.Take(rows * products.RowBytes(largest));
            Panels = scratch.Take(Width / PanelLayout.PanelRows * products.Layout(largest).PanelBytes);
            QueriesTransposed = scratch.Take(KeyStride / PanelLayout.PanelRows * products.Layout(rows).PanelBytes);
            UpstreamTransposed = scratch.Take(ValueStride / PanelLayout.PanelRows * products.Layout(rows).PanelBytes);
            Scores = scratch.TakeFloats((long)BlockKeys * Width);
            WeightGradients = scratch.TakeFloats((long)BlockKeys * Width);
            Weights = scratch.Take(BlockKeys * products.RowBytes(rows));
            ScoreGradients = scratch.Take(BlockKeys * products.RowBytes(rows));
            KeyGradient = scratch.TakeFloats((long)BlockKeys * KeyStride);
            ValueGradient = scratch.TakeFloats((long)BlockKeys * ValueStride);
            Low = scratch.TakeFloats(Width);
            High = scratch.TakeFloats(Width);
            Slope = scratch.TakeFloats(Width);
            Position = scratch.TakeFloats(Width);
            Shift = scratch.TakeFloats(Width);
            Inverse = scratch.TakeFloats(Width);
            Delta = scratch.TakeFloats(Width);
            Bytes = scratch.Bytes;
        }

        public byte* Keys { get; }

        public byte* Values { get; }

        public byte* Rows { get; }

        public byte* Panels { get; }

        public byte* QueriesTransposed { get; }

        public byte* UpstreamTransposed { get; }

        public float* Scores { get; }

        public float* WeightGradients { get; }

        public byte* Weights { get; }

        public byte* ScoreGradients { get; }

        public float* KeyGradient { get; }

        public float* ValueGradient { get; }

        public int KeyStride { get; }

        public int ValueStride { get; }

        public int Width { get; }

        public float* Low { get; }

        public float* High { get; }

        public float* Slope { get; }

        public float* Position { get; }

        public float* Shift { get; }

        public float* Inverse { get; }

        public float* Delta { get; }

        public long Bytes { get; }
    }
}
