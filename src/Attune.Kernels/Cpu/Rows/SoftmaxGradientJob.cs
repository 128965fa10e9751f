using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>dX (+)= y (dY - sum(dY y)) of rows.</summary>
internal unsafe struct SoftmaxGradientJob<V> : IJob
    where V : struct, IVec<V>
{
    private WorkerPool _pool;
    private RowView _y;
    private RowView _upstream;
    private RowView _destination;
    private bool _accumulate;

    public static void Run(WorkerPool pool, Tensor y, Tensor upstream, Tensor destination, bool accumulate)
    {
        var job = new SoftmaxGradientJob<V>
        {
            _pool = pool,
            _y = new RowView(y),
            _upstream = new RowView(upstream),
            _destination = new RowView(destination),
            _accumulate = accumulate,
        };
        pool.Run(ref job, job._y.Chunks);
    }

    public readonly void Execute(int index, int worker)
    {
        var buffer = (float*)_pool.Scratch(worker, 3L * _y.Padded * sizeof(float));
        float* result = buffer + (2 * _y.Padded);
        long end = Math.Min(_y.Count, (long)(index + 1) * _y.PerChunk);
        for (long row = (long)index * _y.PerChunk; row < end; row++)
        {
            var p = new Pointers
            {
                P0 = (byte*)_y.Read<V>(row, buffer),
                P1 = (byte*)_upstream.Read<V>(row, buffer + _y.Padded),
                P2 = (byte*)(_accumulate ? _destination.Read<V>(row, result) : _destination.Target(row, result)),
            };
            double sum = RowLoop<V>.Sum(default(ProductTerm), p, _y.Columns);
            RowLoop<V>.Map(new GradientKernel((float)sum, _accumulate), p, _y.Columns);
            _destination.Finish<V>(row, result);
        }
    }

    private readonly struct GradientKernel(float sum, bool accumulate) : IElementwiseKernel
    {
        public static int Operands => 3;

        public static int Outputs => 1;

        public bool ReadsOutputs => accumulate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement
        {
            TVec gradient = E.Load<TVec>(p.P0, i) * (E.Load<TVec>(p.P1, i) - TVec.Create(sum));
            E.Store(p.P2, i, accumulate ? E.Load<TVec>(p.P2, i) + gradient : gradient);
        }
    }
}
