using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>y = (x - mean) rstd w + b of rows, the variance made from the differences.</summary>
internal unsafe struct LayerNormJob<V> : IJob
    where V : struct, IVec<V>
{
    private WorkerPool _pool;
    private RowView _x;
    private RowView _weight;
    private RowView _bias;
    private RowView _y;
    private float* _statistics;
    private double _epsilon;
    private bool _hasWeight;
    private bool _hasBias;

    public static void Run(WorkerPool pool, Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics)
    {
        var job = new LayerNormJob<V>
        {
            _pool = pool,
            _x = new RowView(x),
            _weight = weight is null ? default : new RowView(weight),
            _bias = bias is null ? default : new RowView(bias),
            _y = new RowView(y),
            _statistics = (float*)CpuStorage.Start(statistics),
            _epsilon = epsilon,
            _hasWeight = weight is not null,
            _hasBias = bias is not null,
        };
        pool.Run(ref job, job._x.Chunks);
    }

    public readonly void Execute(int index, int worker)
    {
        int size = _x.Padded;
        var buffer = (float*)_pool.Scratch(worker, 4L * size * sizeof(float));
        float* weight = RowConstant.Read<V>(_weight, _hasWeight, 1, buffer + size, size);
        float* bias = RowConstant.Read<V>(_bias, _hasBias, 0, buffer + (2 * size), size);
        float* result = buffer + (3 * size);
        long end = Math.Min(_x.Count, (long)(index + 1) * _x.PerChunk);
        for (long row = (long)index * _x.PerChunk; row < end; row++)
        {
            var p = new Pointers { P0 = (byte*)_x.Read<V>(row, buffer), P1 = (byte*)weight, P2 = (byte*)bias, P3 = (byte*)_y.Target(row, result) };
            float mean = (float)(RowLoop<V>.Sum(default(ValueTerm), p, _x.Columns) / _x.Columns);
            float rstd = (float)(1 / Math.Sqrt((RowLoop<V>.Sum(new DeviationTerm(mean), p, _x.Columns) / _x.Columns) + _epsilon));
            _statistics[2 * row] = mean;
            _statistics[(2 * row) + 1] = rstd;
            RowLoop<V>.Map(new NormaliseKernel(mean, rstd), p, _x.Columns);
            _y.Finish<V>(row, result);
        }
    }

    private readonly struct ValueTerm : IRowTerm
    {
        public static int Operands => 1;

        public static int Outputs => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Term<TVec>(in Pointers p, nint i)
            where TVec : struct, IVec<TVec> => F32Element.Load<TVec>(p.P0, i);
    }

    /// <summary>(x - mean)^2.</summary>
    private readonly struct DeviationTerm(float mean) : IRowTerm
    {
        public static int Operands => 1;

        public static int Outputs => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Term<TVec>(in Pointers p, nint i)
            where TVec : struct, IVec<TVec>
        {
            TVec difference = F32Element.Load<TVec>(p.P0, i) - TVec.Create(mean);
            return difference * difference;
        }
    }

    private readonly struct NormaliseKernel(float mean, float rstd) : IElementwiseKernel
    {
        public static int Operands => 4;

        public static int Outputs => 1;

        public bool ReadsOutputs => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement
        {
            TVec normalised = (E.Load<TVec>(p.P0, i) - TVec.Create(mean)) * TVec.Create(rstd);
            E.Store(p.P3, i, TVec.Fma(normalised, E.Load<TVec>(p.P1, i), E.Load<TVec>(p.P2, i)));
        }
    }
}
