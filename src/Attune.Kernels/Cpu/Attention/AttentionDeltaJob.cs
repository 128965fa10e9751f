using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Rows;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>delta = sum(dY y) of each query and head, which the gradient of softmax needs.</summary>
internal readonly unsafe struct AttentionDeltaJob<V>(Tensor y, Tensor upstream, float* delta) : IJob
    where V : struct, IVec<V>
{
    private const int ChunkRows = 64;

    private readonly HeadRows _y = new(y);
    private readonly HeadRows _upstream = new(upstream);
    private readonly long _rows = y.Shape[0];
    private readonly int _heads = (int)y.Shape[1];

    public static void Run(WorkerPool pool, Tensor y, Tensor upstream, float* delta)
    {
        var job = new AttentionDeltaJob<V>(y, upstream, delta);
        pool.Run(ref job, checked((int)((y.Shape[0] + ChunkRows - 1) / ChunkRows)));
    }

    public void Execute(int index, int worker)
    {
        float* left = stackalloc float[AttentionProblem.MaxHeadSize];
        float* right = stackalloc float[AttentionProblem.MaxHeadSize];
        long end = Math.Min(_rows, (index + 1L) * ChunkRows);
        for (long row = (long)index * ChunkRows; row < end; row++)
        {
            for (int head = 0; head < _heads; head++)
            {
                var p = new Pointers { P0 = (byte*)_y.Read<V>(row, head, left), P1 = (byte*)_upstream.Read<V>(row, head, right) };
                delta[(row * _heads) + head] = (float)RowLoop<V>.Sum(default(ProductTerm), p, _y.Size);
            }
        }
    }
}
