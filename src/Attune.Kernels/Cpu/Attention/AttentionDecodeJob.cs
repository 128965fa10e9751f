using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// Attention of single queries, as in generation. There is one block of queries only, so the keys are what the threads share: an index of the job is some keys of one
/// sequence. The partial results are joined in order (FlashDecoding, Dao et al. 2023).
/// </summary>
/// <remarks>
/// Keys and values are read once, where they lie: packing them, as for many queries, takes longer than all arithmetic on them. An index has all heads, because a cache keeps the heads of a key side by side.
/// </remarks>
internal unsafe struct AttentionDecodeJob<V>(WorkerPool pool, in AttentionProblem problem, Tensor y, Tensor statistics) : IJob
    where V : struct, IVec<V>
{
    /// <summary>Keys of an index: few enough that threads have the same work even behind short prompts.</summary>
    private const int BlockKeys = EmittedSingleQuery.RunKeys;

    /// <summary>Partial results that are worth handing to a thread: some microseconds.</summary>
    private const int PartialsPerUnit = 128;

    /// <summary>Keys that all heads take before the next ones: their rows stay in the first-level cache.</summary>
    private const int StripKeys = 16;

    private readonly AttentionProblem _problem = problem;
    private readonly HeadRows _y = new(y);
    private readonly RowStatistics* _statistics = (RowStatistics*)CpuStorage.Start(statistics);
    private KeyRun* _runs;
    private readonly bool _isEmitted = EmittedSingleQuery.Takes(problem);
    private float* _partials;
    private long _scratchBytes;

    /// <summary>Floats of the partial result of one head: largest score, denominator, sums.</summary>
    private readonly int PartialSize => 16 + ValueSize;

    private readonly int QuerySize => (_problem.Q.Size + 15) & ~15;

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
        int count = ListRuns(null);
        var shared = new ScratchLayout(null);
        shared.Take((long)count * sizeof(KeyRun));
        shared.TakeFloats((long)count * _problem.Heads * PartialSize);
        shared = new ScratchLayout(operators.Shared(shared.Bytes));
        _runs = (KeyRun*)shared.Take((long)count * sizeof(KeyRun));
        _partials = shared.TakeFloats((long)count * _problem.Heads * PartialSize);
        ListRuns(_runs);
        _scratchBytes = new Buffers(null, this).Bytes;
        pool.Run(ref this, count);
        int units = (int)Math.Clamp((long)count * _problem.Heads / PartialsPerUnit, 1, _problem.Heads);
        var join = new JoinJob(this, count, units);
        pool.Run(ref join, units);
    }

    public readonly void Execute(int index, int worker)
    {
        KeyRun run = _runs[index];
        AttentionProblem.Sequence sequence = _problem.SequenceAt(run.Sequence);
        var buffers = new Buffers(pool.Scratch(worker, _scratchBytes), this);
        float* partials = _partials + ((long)index * _problem.Heads * PartialSize);
        for (int head = 0; head < _problem.Heads; head++)
        {
            new Span<float>(partials + (head * PartialSize) + 16, ValueSize).Clear();
        }

        if (_isEmitted)
        {
            ExecuteEmitted(sequence, run, buffers, partials);
            return;
        }

        Score(sequence, run, buffers);
        for (int head = 0; head < _problem.Heads; head++)
        {
            float* scores = buffers.Scores + (head * BlockKeys);
            Soften(sequence, run, head, scores, (byte*)scores, DType.F32, partials + (head * PartialSize));
        }

        Weigh(sequence, run, buffers, partials);
    }

    [MethodImpl(Compile.Loop)]
    private readonly void ExecuteEmitted(in AttentionProblem.Sequence sequence, in KeyRun run, in Buffers buffers, float* partials)
    {
        var queries = (ushort*)buffers.Queries;
        for (int head = 0; head < _problem.Heads; head++)
        {
            _problem.Q.LoadBF16<V>(sequence.FirstQuery, head, queries + (head * _problem.Q.Size), buffers.Strip);
        }

        var kernels = new EmittedSingleQuery(_problem, (byte*)buffers.Strip);
        long row = (long)sequence.FirstKey + run.Start;
        kernels.Score(row, run.Count, queries, buffers.Scores);
        for (int head = 0; head < _problem.Heads; head++)
        {
            Soften(sequence, run, head, buffers.Scores + (head * BlockKeys), (byte*)(buffers.Weights + (head * BlockKeys)), DType.BF16, partials + (head * PartialSize));
        }

        kernels.Sum(row, run.Count, buffers.Weights, partials + 16, PartialSize);
    }

    private static void Add(float weight, float* value, float* sums, int size)
    {
        V factor = V.Create(weight);
        for (int i = 0; i < size; i += V.Count)
        {
            V.Store(sums + i, V.Fma(V.Load(value + i), factor, V.Load(sums + i)));
        }
    }

    /// <summary>Products of all query heads with some keys.</summary>
    [MethodImpl(Compile.Loop)]
    private readonly void Score(in AttentionProblem.Sequence sequence, in KeyRun run, in Buffers buffers)
    {
        int size = QuerySize;
        for (int head = 0; head < _problem.Heads; head++)
        {
            float* query = buffers.Queries + (head * size);
            _problem.Q.Load<V>(sequence.FirstQuery, head, query);
            new Span<float>(query + _problem.Q.Size, size - _problem.Q.Size).Clear();
        }

        for (int start = 0; start < run.Count; start += StripKeys)
        {
            int count = Math.Min(StripKeys, run.Count - start);
            for (int head = 0; head < _problem.Heads; head += _problem.Group)
            {
                RowStrip keys = _problem.K.Strip<V>((long)sequence.FirstKey + run.Start + start, head / _problem.Group, count, buffers.Strip);
                for (int h = head; h < head + _problem.Group; h++)
                {
                    SingleQuery<V>.Score(buffers.Queries + (h * size), keys, _problem.Q.Size, buffers.Scores + (h * BlockKeys) + start);
                }

                FetchNext(start + StripKeys < run.Count ? _problem.K : _problem.V, sequence, run, start, head / _problem.Group);
            }
        }
    }

    /// <summary>Scores of one head become weights.</summary>
    [MethodImpl(Compile.Loop)]
    private readonly void Soften(in AttentionProblem.Sequence sequence, in KeyRun run, int head, float* scores, byte* weights, DType storage, float* partial)
    {
        _problem.Range(sequence, 0, out int position);
        float scale = _problem.Scale;
        if (_problem.IsBent)
        {
            ScoreRow<V>.Bend(scores, run.Count, new Scores(_problem), _problem.SlopeOf(head), run.Start - position);
            scale = 1;
        }

        ScoreRow<V>.Hide(scores, run.Count);
        partial[0] = ScoreRow<V>.Largest(scores, run.Count, scale);
        partial[1] = ScoreRow<V>.Exponentials(scores, weights, run.Count, scale, partial[0], storage);
    }

    /// <summary>Sums of the values that belong to some keys, for all query heads.</summary>
    [MethodImpl(Compile.Loop)]
    private readonly void Weigh(in AttentionProblem.Sequence sequence, in KeyRun run, in Buffers buffers, float* partials)
    {
        for (int start = 0; start < run.Count; start += StripKeys)
        {
            int count = Math.Min(StripKeys, run.Count - start);
            for (int head = 0; head < _problem.Heads; head += _problem.Group)
            {
                RowStrip values = _problem.V.Strip<V>((long)sequence.FirstKey + run.Start + start, head / _problem.Group, count, buffers.Strip);
                for (int h = head; h < head + _problem.Group; h++)
                {
                    SingleQuery<V>.Weigh(buffers.Scores + (h * BlockKeys) + start, values, _problem.V.Size, partials + (h * PartialSize) + 16);
                }

                if (start + StripKeys < run.Count)
                {
                    FetchNext(_problem.V, sequence, run, start, head / _problem.Group);
                }
            }
        }
    }

    /// <summary>Fetches the strip of a head behind one, or the first when that is the last: heads take turns, so that never many lines are asked for at once.</summary>
    private static void FetchNext(in HeadRows rows, in AttentionProblem.Sequence sequence, in KeyRun run, int start, int head)
    {
        int next = start + StripKeys < run.Count ? start + StripKeys : 0;
        rows.Prefetch((long)sequence.FirstKey + run.Start + next, head, Math.Min(StripKeys, run.Count - next));
    }

    private readonly int ListRuns(KeyRun* runs)
    {
        int count = 0;
        for (int s = 0; s < _problem.Sequences; s++)
        {
            AttentionProblem.Sequence sequence = _problem.SequenceAt(s);
            (int from, int to) = sequence.Queries == 0 ? (0, 0) : _problem.Range(sequence, 0, out _);
            for (int start = from; start < to; start += BlockKeys, count++)
            {
                if (runs != null)
                {
                    runs[count] = new KeyRun(s, start, Math.Min(BlockKeys, to - start));
                }
            }
        }

        return count;
    }

    /// <summary>Joins the parts of some heads of all sequences.</summary>
    private readonly void Join(int count, int firstHead, int endHead)
    {
        float* sums = stackalloc float[AttentionProblem.MaxHeadSize];
        int first = 0;
        for (int s = 0; s < _problem.Sequences; s++)
        {
            int end = first;
            while (end < count && _runs[end].Sequence == s)
            {
                end++;
            }

            AttentionProblem.Sequence sequence = _problem.SequenceAt(s);
            for (int head = firstHead; head < endHead && sequence.Queries > 0; head++)
            {
                JoinHead(sequence.FirstQuery, head, first, end, sums);
            }

            first = end;
        }
    }

    /// <summary>Adds the parts of one head up, each brought to the largest score of all.</summary>
    [MethodImpl(Compile.Loop)]
    private readonly void JoinHead(int row, int head, int first, int end, float* sums)
    {
        new Span<float>(sums, ValueSize).Clear();
        float largest = float.NegativeInfinity;
        for (int run = first; run < end; run++)
        {
            largest = Math.Max(largest, Partial(run, head)[0]);
        }

        float denominator = 0;
        for (int run = first; run < end; run++)
        {
            float* partial = Partial(run, head);
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

    private readonly float* Partial(int run, int head) => _partials + ((((long)run * _problem.Heads) + head) * PartialSize);

    /// <summary>Joins partial results: an index is a run of heads.</summary>
    private readonly struct JoinJob(in AttentionDecodeJob<V> job, int count, int units) : IJob
    {
        private readonly AttentionDecodeJob<V> _job = job;

        public void Execute(int index, int worker) => _job.Join(count, _job._problem.Heads * index / units, _job._problem.Heads * (index + 1) / units);
    }

    /// <summary>Keys of one sequence that one thread reads.</summary>
    private readonly record struct KeyRun(int Sequence, int Start, int Count);

    private readonly ref struct Buffers
    {
        public Buffers(byte* memory, in AttentionDecodeJob<V> job)
        {
            var scratch = new ScratchLayout(memory);
            Queries = scratch.TakeFloats((long)job._problem.Heads * job.QuerySize);
            Scores = scratch.TakeFloats((long)job._problem.Heads * BlockKeys);
            Weights = (ushort*)scratch.Take((long)job._problem.Heads * BlockKeys * sizeof(ushort));
            Strip = scratch.TakeFloats((long)StripKeys * Math.Max(job.QuerySize, job.ValueSize));
            Bytes = scratch.Bytes;
        }

        public float* Queries { get; }

        public float* Scores { get; }

        /// <summary>bf16, where emitted code takes them.</summary>
        public ushort* Weights { get; }

        /// <summary>Keys or values that vectors cannot be loaded from.</summary>
        public float* Strip { get; }

        public long Bytes { get; }
    }
}
