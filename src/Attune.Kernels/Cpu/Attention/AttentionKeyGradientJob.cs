using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// Second pass of the gradient: an index is a unit of keys, which walks over the blocks of queries that see it, adds up dK and dV, and leaves dS for the third pass. Everything
/// is transposed, [keys, queries], so that P^T and dS^T are left operands as they stand.
/// </summary>
internal unsafe struct AttentionKeyGradientJob<V>(
    WorkerPool pool, in AttentionProblem problem, Tensor dK, bool accumulateK, Tensor dV, bool accumulateV) : IJob
    where V : struct, IVec<V>
{
    private const int UnitKeys = GradientPlan.UnitKeys;

    private readonly AttentionProblem _problem = problem;
    private readonly HeadRows _dK = new(dK);
    private readonly HeadRows _dV = new(dV);
    private readonly long _scratchBytes = new Buffers(null, problem).Bytes;
    private GradientPlan _plan;
    private GradientChunk _chunk;
    private byte* _memory;
    private int _unitsAtOnce;

    /// <summary>Computes a chunk.</summary>
    /// <param name="plan">The tables.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="shared">Whether keys belong to several sequences, so that units must be added one after the other.</param>
    public void Run(in GradientPlan plan, in GradientChunk chunk, byte* memory, bool shared)
    {
        _plan = plan;
        _chunk = chunk;
        _memory = memory;
        int count = chunk.EndUnit - chunk.FirstUnit;
        _unitsAtOnce = shared ? count : 1;
        pool.Run(ref this, shared ? 1 : count);
    }

    public readonly void Execute(int index, int worker)
    {
        for (int i = 0; i < _unitsAtOnce; i++)
        {
            AddUnit(index + i, worker);
        }
    }

    private readonly void AddUnit(int index, int worker)
    {
        GradientUnit unit = _plan.Units[_chunk.FirstUnit + index];
        GradientItem item = _plan.Items[unit.Item];
        AttentionProblem.Sequence sequence = _problem.SequenceAt(item.Sequence);
        var keys = new GradientItemMemory(_problem, sequence.Keys, _memory + item.Offset);
        var buffers = new Buffers(pool.Scratch(worker, _scratchBytes), _problem);
        float* gradient = keys.Gradient + ((nint)unit.Start * keys.GradientStride);
        float* valueGradient = keys.ValueGradient + ((nint)unit.Start * keys.ValueGradientStride);
        long row = (long)sequence.FirstKey + unit.Start;
        LoadKeys(row, item.KeyHead, unit.Count, buffers);
        if (_chunk.Begins)
        {
            new Span<float>(gradient, unit.Count * keys.GradientStride).Clear();
            new Span<float>(valueGradient, unit.Count * keys.ValueGradientStride).Clear();
            Transpose(row, item.KeyHead, unit, keys);
        }

        int end = Math.Min(item.EndBlock, _chunk.EndBlock);
        for (int b = Math.Max(item.FirstBlock, _chunk.FirstBlock); b < end; b++)
        {
            GradientBlock block = _plan.Blocks[b];
            if (block.FirstKey < unit.Start + unit.Count && block.EndKey > unit.Start)
            {
                AddBlock(unit, block, buffers, gradient, valueGradient);
            }
        }

        for (int j = 0; j < unit.Count && _chunk.Ends; j++)
        {
            _dK.Store<V>(row + j, item.KeyHead, gradient + ((nint)j * keys.GradientStride), accumulateK);
            _dV.Store<V>(row + j, item.KeyHead, valueGradient + ((nint)j * keys.ValueGradientStride), accumulateV);
        }
    }

    private readonly void LoadKeys(long row, int head, int count, in Buffers buffers)
    {
        Load(_problem.K, row, head, count, buffers.Keys);
        Load(_problem.V, row, head, count, buffers.Values);
    }

    private readonly void Load(in HeadRows source, long row, long head, int count, byte* target)
    {
        float* buffer = stackalloc float[AttentionProblem.MaxHeadSize];
        DType storage = _problem.Products.Storage;
        nint stride = _problem.Products.RowBytes(source.Size);
        for (int j = 0; j < count; j++)
        {
            source.Fetch(row + j, head, 1);
            QueryBlock.LoadRow<V>(source, storage, row + j, head, target + (j * stride), buffer);
        }
    }

    private readonly void Transpose(long row, int head, in GradientUnit unit, in GradientItemMemory keys)
    {
        MatrixView columns = _problem.K.View(row, head, unit.Count).Transposed;
        byte* target = keys.KeysTransposed + (unit.Start * _problem.Products.Storage.SizeInBytes);
        for (int i = 0; i < columns.Rows; i += PanelLayout.PanelRows)
        {
            PanelPacker.PackRows(columns, i, _problem.Products.Layout(unit.Count), target + (i * keys.KeyStride), keys.KeyStride);
        }
    }

    private readonly void AddBlock(in GradientUnit unit, in GradientBlock block, in Buffers buffers, float* gradient, float* valueGradient)
    {
        TileProduct products = _problem.Products;
        var memory = new GradientBlockMemory(_problem, block, _memory);
        int rows = memory.Rows;
        int querySize = _problem.Q.Size;
        int valueSize = _problem.V.Size;

        // Of the unit's keys, those that a query of this block sees.
        int first = Math.Max(0, block.FirstKey - unit.Start);
        int keys = Math.Min(unit.Count, block.EndKey - unit.Start) - first;
        byte* keyRows = buffers.Keys + (first * products.RowBytes(querySize));
        byte* valueRows = buffers.Values + (first * products.RowBytes(valueSize));
        products.Run(keyRows, memory.Queries, buffers.Products, memory.Width, keys, rows, querySize, accumulate: false);
        products.Run(valueRows, memory.Upstream, buffers.WeightGradients, memory.Width, keys, rows, valueSize, accumulate: false);
        int firstKey = unit.Start + first;
        new ScoreGradientTile
        {
            Products = buffers.Products,
            WeightGradients = buffers.WeightGradients,
            Weights = buffers.Weights,
            ScoreGradients = buffers.ScoreGradients,
            RowBytes = products.RowBytes(memory.Width),
            Panels = memory.ScoreGradients.FromDepth(firstKey - block.FirstKey, products.Storage),
            FirstKey = firstKey,
            Keys = keys,
            Width = memory.Width,
            IsMasked = keys % 2 != 0 || firstKey < block.SharedStart || firstKey + keys > block.SharedEnd,
        }.Run<V>(_problem, memory);
        nint rowBytes = products.RowBytes(memory.Width);
        int valueStride = (valueSize + 15) & ~15;
        int stride = (querySize + 15) & ~15;
        products.Run(
            buffers.Weights, rowBytes, memory.UpstreamTransposed, valueGradient + ((nint)first * valueStride), valueStride, keys, valueSize, rows, accumulate: true);
        products.Run(buffers.ScoreGradients, rowBytes, memory.QueriesTransposed, gradient + ((nint)first * stride), stride, keys, querySize, rows, accumulate: true);
    }

    private readonly ref struct Buffers
    {
        public Buffers(byte* memory, in AttentionProblem problem)
        {
            var scratch = new ScratchLayout(memory);
            TileProduct products = problem.Products;
            int width = PanelLayout.PanelsOf(QueryBlock.RowsOf(problem)) * PanelLayout.PanelRows;
            Keys = scratch.Take(UnitKeys * products.RowBytes(problem.K.Size));
            Values = scratch.Take(UnitKeys * products.RowBytes(problem.V.Size));
            Products = scratch.TakeFloats((long)UnitKeys * width);
            WeightGradients = scratch.TakeFloats((long)UnitKeys * width);
            Weights = scratch.Take(UnitKeys * products.RowBytes(width));
            ScoreGradients = scratch.Take(UnitKeys * products.RowBytes(width));
            Bytes = scratch.Bytes;
        }

        public byte* Keys { get; }

        public byte* Values { get; }

        public float* Products { get; }

        public float* WeightGradients { get; }

        public byte* Weights { get; }

        public byte* ScoreGradients { get; }

        public long Bytes { get; }
    }
}
