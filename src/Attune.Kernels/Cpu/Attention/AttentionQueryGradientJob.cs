using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>Third pass of the gradient: an index is a block of queries, whose dQ^T = K^T dS^T is one product over all keys that the block sees.</summary>
internal unsafe struct AttentionQueryGradientJob<V>(WorkerPool pool, in AttentionProblem problem, Tensor dQ, bool accumulate) : IJob
    where V : struct, IVec<V>
{
    private readonly AttentionProblem _problem = problem;
    private readonly HeadRows _dQ = new(dQ);
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
        var keys = new GradientItemMemory(_problem, sequence.Keys, _memory + item.Offset);
        var scratch = new ScratchLayout(pool.Scratch(worker, 2L * memory.Width * keys.GradientStride * sizeof(float)));
        float* transposed = scratch.TakeFloats((long)memory.Width * keys.GradientStride);
        float* gradient = scratch.TakeFloats((long)memory.Width * keys.GradientStride);
        byte* columns = keys.KeysTransposed + (block.FirstKey * _problem.Products.Storage.SizeInBytes);
        int size = _problem.Q.Size;
        _problem.Products.Run(
            columns, keys.KeyStride, memory.ScoreGradients, transposed, memory.Width, size, memory.Rows, block.EndKey - block.FirstKey, accumulate: false);
        WordTranspose.Run((uint*)transposed, memory.Width, (uint*)gradient, keys.GradientStride, size, memory.Width);
        var queries = new QueryBlock(_problem, sequence, item.KeyHead, block.Start, block.Count);
        for (int i = 0; i < queries.Queries; i++)
        {
            float* row = gradient + ((nint)i * _problem.Group * keys.GradientStride);
            _dQ.Store<V>(queries.FirstRow + i, queries.FirstHead, _problem.Group, row, keys.GradientStride, accumulate);
        }
    }
}
