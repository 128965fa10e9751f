using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>y = x rstd (w + offset) of rows. With bf16 and offset 0 the normalised value is rounded before the weight is applied, as the operation defines it.</summary>
internal unsafe struct RmsNormJob<V> : IJob
    where V : struct, IVec<V>
{
    private WorkerPool _pool;
    private RowView _x;
    private RowView _weight;
    private RowView _y;
    private float* _rstd;
    private double _epsilon;
    private float _offset;

    public static void Run(WorkerPool pool, Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd)
    {
        var job = new RmsNormJob<V>
        {
            _pool = pool,
            _x = new RowView(x),
            _weight = new RowView(weight),
            _y = new RowView(y),
            _rstd = (float*)CpuStorage.Start(rstd),
            _epsilon = epsilon,
            _offset = (float)offset,
        };
        pool.Run(ref job, job._x.Chunks);
    }

    public readonly void Execute(int index, int worker)
    {
        var buffer = (float*)_pool.Scratch(worker, 3L * _x.Padded * sizeof(float));
        float* result = buffer + (2 * _x.Padded);
        float* weight = _weight.Read<V>(0, buffer + _x.Padded);
        bool rounds = _x.IsBF16 && _offset == 0;
        long end = Math.Min(_x.Count, (long)(index + 1) * _x.PerChunk);
        for (long row = (long)index * _x.PerChunk; row < end; row++)
        {
            var p = new Pointers { P0 = (byte*)_x.Read<V>(row, buffer), P1 = (byte*)weight, P2 = (byte*)_y.Target(row, result) };
            double squares = RowLoop<V>.Sum(default(ProductTerm), new Pointers { P0 = p.P0, P1 = p.P0 }, _x.Columns);
            float rstd = (float)(1 / Math.Sqrt((squares / _x.Columns) + _epsilon));
            _rstd[row] = rstd;
            RowLoop<V>.Map(new ScaleKernel(rstd, _offset, rounds), p, _x.Columns);
            _y.Finish<V>(row, result);
        }
    }

    private readonly struct ScaleKernel(float rstd, float offset, bool rounds) : IElementwiseKernel
    {
        public static int Operands => 3;

        public static int Outputs => 1;

        public bool ReadsOutputs => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement
        {
            TVec normalised = E.Load<TVec>(p.P0, i) * TVec.Create(rstd);
            if (rounds)
            {
                normalised = TVec.RoundToBF16(normalised);
            }

            E.Store(p.P2, i, normalised * (E.Load<TVec>(p.P1, i) + TVec.Create(offset)));
        }
    }
}
