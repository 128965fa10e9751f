using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// Attention of single queries, as in generation. There is one block of queries only, so the keys are what the threads share: an index of the job is some keys of one
/// sequence and key-value head. The partial results are joined in order (FlashDecoding, Dao et al. 2023).
/// </summary>
internal unsafe struct AttentionDecodeJob<V>(WorkerPool pool, in AttentionProblem problem, Tensor y, Tensor statistics) : IJob
    where V : struct, IVec<V>
{
    /// <summary>Keys of an index: enough work for a thread, few enough that their panels stay in the second-level cache.</summary>
    private const int BlockKeys = 512;

    private readonly AttentionProblem _problem = problem;
    private readonly HeadRows _y = new(y);
    private readonly RowStatistics* _statistics = (RowStatistics*)CpuStorage.Start(statistics);
    private AttentionUnit* _units;
    private float* _partials;
    private long _scratchBytes;

    /// <summary>Floats of the partial result of one head: largest score, denominator, sums.</summary>
    private readonly int PartialSize => 16 + ValueSize;

    private readonly int ValueSize => (_problem.V.Size + 15) & ~15;

    /// <summary>Whether every sequence has one query at most.</summary>
    public static bool Fits(in AttentionProblem problem)
    {
        bool fits = true;
        for (int s = 0; s < problem.Sequences && fits; s++)
        {
            fits = problem.SequenceAt(s).Queries <= 1;
        }

        return fits;
    }

    /// <summary>Computes the whole call; the caller holds the pool.</summary>
    public void Run(CpuOperators operators)
    {
        int count = ListUnits(null);
        var shared = new ScratchLayout(null);
        shared.Take((long)count * sizeof(AttentionUnit));
        shared.TakeFloats((long)count * _problem.Group * PartialSize);
        shared = new ScratchLayout(operators.Shared(shared.Bytes));
        _units = (AttentionUnit*)shared.Take((long)count * sizeof(AttentionUnit));
        _partials = shared.TakeFloats((long)count * _problem.Group * PartialSize);
        ListUnits(_units);
        _scratchBytes = new Buffers(null, _problem).Bytes;
        pool.Run(ref this, count);
        Join(count);
    }

    public readonly void Execute(int index, int worker)
    {
        AttentionUnit unit = _units[index];
        AttentionProblem.Sequence sequence = _problem.SequenceAt(unit.Sequence);
        TileProduct products = _problem.Products;
        int group = _problem.Group;
        int querySize = _problem.Q.Size;
        var buffers = new Buffers(pool.Scratch(worker, _scratchBytes), _problem);
        float* partials = _partials + ((long)index * group * PartialSize);
        for (int h = 0; h < group; h++)
        {
            byte* query = buffers.Queries + (h * products.RowBytes(querySize));
            QueryBlock.LoadRow<V>(_problem.Q, products.Storage, sequence.FirstQuery, (unit.KeyHead * group) + h, query, buffers.Scores);
        }

        long firstKey = (long)sequence.FirstKey + unit.Start;
        Panels panels = products.Pack(_problem.K.View(firstKey, unit.KeyHead, unit.Count), buffers.Panels);
        products.Run(buffers.Queries, panels, buffers.Scores, BlockKeys, group, unit.Count, querySize, accumulate: false);
        for (int h = 0; h < group; h++)
        {
            Weigh(sequence, unit, h, buffers.Scores + (h * BlockKeys), buffers.Weights + (h * products.RowBytes(unit.Count)), partials + (h * PartialSize));
        }

        panels = products.Pack(_problem.V.View(firstKey, unit.KeyHead, unit.Count).Transposed, buffers.Panels);
        products.Run(buffers.Weights, panels, partials + 16, PartialSize, group, _problem.V.Size, unit.Count, accumulate: false);
    }

    private static void Add(float weight, float* value, float* sums, int size)
    {
        V factor = V.Create(weight);
        for (int i = 0; i < size; i += V.Count)
        {
            V.Store(sums + i, V.Fma(V.Load(value + i), factor, V.Load(sums + i)));
        }
    }

    /// <summary>Scores of one head become weights.</summary>
    private readonly void Weigh(in AttentionProblem.Sequence sequence, in AttentionUnit unit, int h, float* scores, byte* weights, float* partial)
    {
        _problem.Range(sequence, 0, out int position);
        float scale = _problem.Scale;
        if (_problem.IsBent)
        {
            float slope = _problem.SlopeOf((unit.KeyHead * _problem.Group) + h);
            ScoreRow<V>.Bend(scores, unit.Count, new Scores(_problem), slope, unit.Start - position);
            scale = 1;
        }

        ScoreRow<V>.Hide(scores, unit.Count);
        partial[0] = ScoreRow<V>.Largest(scores, unit.Count, scale);
        partial[1] = ScoreRow<V>.Exponentials(scores, weights, unit.Count, scale, partial[0], _problem.Products.Storage);
    }

    private readonly int ListUnits(AttentionUnit* units)
    {
        int count = 0;
        for (int s = 0; s < _problem.Sequences; s++)
        {
            AttentionProblem.Sequence sequence = _problem.SequenceAt(s);
            (int from, int to) = sequence.Queries == 0 ? (0, 0) : _problem.Range(sequence, 0, out _);
            for (int head = 0; head < _problem.KeyHeads; head++)
            {
                for (int start = from; start < to; start += BlockKeys)
                {
                    if (units != null)
                    {
                        units[count] = new AttentionUnit(s, head, start, Math.Min(BlockKeys, to - start));
                    }

                    count++;
                }
            }
        }

        return count;
    }

    private readonly void Join(int count)
    {
        float* zero = stackalloc float[AttentionProblem.MaxHeadSize];
        int first = 0;
        for (int s = 0; s < _problem.Sequences; s++)
        {
            AttentionProblem.Sequence sequence = _problem.SequenceAt(s);
            for (int head = 0; head < _problem.KeyHeads; head++)
            {
                int end = first;
                while (end < count && _units[end].Sequence == s && _units[end].KeyHead == head)
                {
                    end++;
                }

                for (int h = 0; h < _problem.Group && sequence.Queries > 0; h++)
                {
                    JoinHead(sequence.FirstQuery, (head * _problem.Group) + h, h, first, end, zero);
                }

                first = end;
            }
        }
    }

    /// <summary>Adds the parts of one head up, each brought to the largest score of all.</summary>
    private readonly void JoinHead(int row, int head, int h, int first, int end, float* sums)
    {
        new Span<float>(sums, ValueSize).Clear();
        float largest = float.NegativeInfinity;
        for (int unit = first; unit < end; unit++)
        {
            largest = Math.Max(largest, Partial(unit, h)[0]);
        }

        float denominator = 0;
        for (int unit = first; unit < end; unit++)
        {
            float* partial = Partial(unit, h);
            float factor = MathF.Exp(partial[0] - largest);
            denominator += partial[1] * factor;
            Add(factor, partial + 16, sums, ValueSize);
        }

        var statistics = new RowStatistics(largest, denominator);
        V scale = V.Create(statistics.Inverse);
        for (int i = 0; i < ValueSize; i += V.Count)
        {
            V.Store(sums + i, V.Load(sums + i) * scale);
        }

        _y.Store<V>(row, head, sums, accumulate: false);
        _statistics[((long)row * _problem.Heads) + head] = statistics;
    }

    private readonly float* Partial(int unit, int h) => _partials + ((((long)unit * _problem.Group) + h) * PartialSize);

    private readonly ref struct Buffers
    {
        public Buffers(byte* memory, in AttentionProblem problem)
        {
            var scratch = new ScratchLayout(memory);
            TileProduct products = problem.Products;
            int valuePanels = PanelLayout.PanelsOf(problem.V.Size);
            Queries = scratch.Take(problem.Group * products.RowBytes(problem.Q.Size));
            Scores = scratch.TakeFloats((long)problem.Group * BlockKeys);
            Weights = scratch.Take(problem.Group * products.RowBytes(BlockKeys));
            Panels = scratch.Take(Math.Max(
                BlockKeys / PanelLayout.PanelRows * products.Layout(problem.K.Size).PanelBytes, valuePanels * products.Layout(BlockKeys).PanelBytes));
            Bytes = scratch.Bytes;
        }

        public byte* Queries { get; }

        public float* Scores { get; }

        public byte* Weights { get; }

        public byte* Panels { get; }

        public long Bytes { get; }
    }
}
