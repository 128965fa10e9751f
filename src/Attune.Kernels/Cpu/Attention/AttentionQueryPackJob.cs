using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>First pass of the gradient: an index is a block of queries, whose rows of Q and dY are packed in both directions once for all keys.</summary>
internal unsafe struct AttentionQueryPackJob<V>(WorkerPool pool, in AttentionProblem problem, Tensor y, Tensor statistics, Tensor upstream) : IJob
    where V : struct, IVec<V>
{
    private readonly AttentionProblem _problem = problem;
    private readonly HeadRows _y = new(y);
    private readonly HeadRows _upstream = new(upstream);
    private readonly RowStatistics* _statistics = (RowStatistics*)CpuStorage.Start(statistics);
    private GradientPlan _plan;
    private GradientChunk _chunk;
    private byte* _memory;

    public void Run(in GradientPlan plan, in GradientChunk chunk, byte* memory)
    {
        _plan = plan;
        _chunk = chunk;
        _memory = memory;
        pool.Run(ref this, chunk.EndBlock - chunk.FirstBlock);
    }

    public readonly void Execute(int index, int worker)
    {
        GradientBlock block = _plan.Blocks[_chunk.FirstBlock + index];
        GradientItem item = _plan.Items[block.Item];
        AttentionProblem.Sequence sequence = _problem.SequenceAt(item.Sequence);
        var memory = new GradientBlockMemory(_problem, block, _memory);
        var queries = new QueryBlock(_problem, sequence, item.KeyHead, block.Start, block.Count);
        TileProduct products = _problem.Products;
        byte* rows = pool.Scratch(worker, memory.Rows * products.RowBytes(AttentionProblem.MaxHeadSize));
        MatrixView q = LoadRows(queries, _problem.Q, rows);
        products.Pack(q, memory.Queries);
        products.Pack(q.Transposed, memory.QueriesTransposed);
        MatrixView dY = LoadRows(queries, _upstream, rows);
        products.Pack(dY, memory.Upstream);
        products.Pack(dY.Transposed, memory.UpstreamTransposed);
        Describe(sequence, block, queries, memory);
    }

    private readonly MatrixView LoadRows(in QueryBlock queries, in HeadRows source, byte* target)
    {
        queries.Load<V>(source, target);
        DType storage = _problem.Products.Storage;
        return new MatrixView(target, storage, queries.Rows, source.Size, _problem.Products.RowBytes(source.Size) / storage.SizeInBytes);
    }

    /// <summary>For every row: which keys it sees, and the numbers that its scores and their gradients are compared with.</summary>
    private readonly void Describe(in AttentionProblem.Sequence sequence, in GradientBlock block, in QueryBlock queries, in GradientBlockMemory memory)
    {
        int group = _problem.Group;
        for (int i = 0; i < queries.Queries; i++)
        {
            int row = queries.FirstRow + i;
            (int from, int to) = _problem.Range(sequence, block.Start + i, out int position);
            _y.Fetch(row, queries.FirstHead, group);
            RowStatistics* statistics = _statistics + (((long)row * _problem.Heads) + queries.FirstHead);
            for (int h = 0; h < group; h++)
            {
                int m = (i * group) + h;
                int head = queries.FirstHead + h;
                memory.First[m] = from;
                memory.End[m] = to;
                memory.Position[m] = position;
                memory.Slope[m] = _problem.SlopeOf(head);
                memory.Shift[m] = -statistics[h].Largest;
                memory.Inverse[m] = statistics[h].Inverse;
                memory.Delta[m] = _y.Dot<V>(_upstream, row, head);
            }
        }

        for (int m = memory.Rows; m < memory.Width; m++)
        {
            memory.First[m] = memory.End[m] = memory.Position[m] = memory.Slope[m] = memory.Shift[m] = memory.Inverse[m] = memory.Delta[m] = 0;
        }
    }
}
