using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>
/// With n = (x - mean) rstd and g = dY w: dX (+)= rstd (g - mean(g) - n mean(g n)), dW = sum over rows of dY n, db = sum over rows of dY. Each chunk of rows sums its parts
/// of dW and db by itself; the parts are added in order afterwards.
/// </summary>
internal unsafe struct LayerNormGradientJob<V> : IJob
    where V : struct, IVec<V>
{
    private WorkerPool _pool;
    private RowView _x;
    private RowView _weight;
    private RowView _upstream;
    private RowView _dX;
    private float* _statistics;
    private bool _hasWeight;
    private bool _wantsX;
    private bool _accumulateX;
    private ColumnParts _weightParts;
    private ColumnParts _biasParts;

    public static void Run(
        CpuOperators<V> operators, Tensor x, Tensor? weight, Tensor statistics, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight, Tensor? dBias, bool accumulateBias)
    {
        var job = new LayerNormGradientJob<V>
        {
            _pool = operators.Pool,
            _x = new RowView(x),
            _weight = weight is null ? default : new RowView(weight),
            _upstream = new RowView(upstream),
            _dX = dX is null ? default : new RowView(dX),
            _statistics = (float*)CpuStorage.Start(statistics),
            _hasWeight = weight is not null,
            _wantsX = dX is not null,
            _accumulateX = accumulateX,
        };
        lock (operators.Pool.Runs)
        {
            int chunks = job._x.Chunks;
            long part = (long)chunks * job._x.Padded;
            var parts = (float*)operators.Shared(2 * part * sizeof(float));
            job._weightParts = new ColumnParts(dWeight is null ? null : parts, job._x.Padded);
            job._biasParts = new ColumnParts(dBias is null ? null : parts + part, job._x.Padded);
            operators.Pool.Run(ref job, chunks);
            job._weightParts.Sum(operators.Pool, chunks, dWeight, accumulateWeight);
            job._biasParts.Sum(operators.Pool, chunks, dBias, accumulateBias);
        }
    }

    public readonly void Execute(int index, int worker)
    {
        int size = _x.Padded;
        var buffer = (float*)_pool.Scratch(worker, 4L * size * sizeof(float));
        float* weight = RowConstant.Read<V>(_weight, _hasWeight, 1, buffer + (2 * size), size);
        float* result = buffer + (3 * size);
        float* weightPart = _weightParts.Start(index);
        float* biasPart = _biasParts.Start(index);
        long end = Math.Min(_x.Count, (long)(index + 1) * _x.PerChunk);
        for (long row = (long)index * _x.PerChunk; row < end; row++)
        {
            float mean = _statistics[2 * row];
            float rstd = _statistics[(2 * row) + 1];
            var p = new Pointers { P0 = (byte*)_x.Read<V>(row, buffer), P1 = (byte*)_upstream.Read<V>(row, buffer + size) };
            if (weightPart != null)
            {
                RowLoop<V>.Map(new WeightKernel(mean, rstd), p with { P2 = (byte*)weightPart }, _x.Columns);
            }

            if (biasPart != null)
            {
                RowLoop<V>.Map(default(BiasKernel), new Pointers { P0 = p.P1, P1 = (byte*)biasPart }, _x.Columns);
            }

            if (_wantsX)
            {
                p.P2 = (byte*)weight;
                p.P3 = (byte*)(_accumulateX ? _dX.Read<V>(row, result) : _dX.Target(row, result));
                var offset = (float)(RowLoop<V>.Sum(default(GradientTerm), p, _x.Columns) / _x.Columns);
                var slope = (float)(RowLoop<V>.Sum(new SlopeTerm(mean, rstd), p, _x.Columns) / _x.Columns);
                RowLoop<V>.Map(new InputKernel(mean, rstd, offset, slope, _accumulateX), p, _x.Columns);
                _dX.Finish<V>(row, result);
            }
        }
    }

    /// <summary>dY w.</summary>
    private readonly struct GradientTerm : IRowTerm
    {
        public static int Operands => 3;

        public static int Outputs => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Term<TVec>(in Pointers p, nint i)
            where TVec : struct, IVec<TVec> => F32Element.Load<TVec>(p.P1, i) * F32Element.Load<TVec>(p.P2, i);
    }

    /// <summary>dY w n.</summary>
    private readonly struct SlopeTerm(float mean, float rstd) : IRowTerm
    {
        public static int Operands => 3;

        public static int Outputs => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Term<TVec>(in Pointers p, nint i)
            where TVec : struct, IVec<TVec> =>
            F32Element.Load<TVec>(p.P1, i) * F32Element.Load<TVec>(p.P2, i) * ((F32Element.Load<TVec>(p.P0, i) - TVec.Create(mean)) * TVec.Create(rstd));
    }

    private readonly struct InputKernel(float mean, float rstd, float offset, float slope, bool accumulate) : IElementwiseKernel
    {
        public static int Operands => 4;

        public static int Outputs => 1;

        public bool ReadsOutputs => accumulate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement
        {
            TVec normalised = (E.Load<TVec>(p.P0, i) - TVec.Create(mean)) * TVec.Create(rstd);
            TVec g = (E.Load<TVec>(p.P1, i) * E.Load<TVec>(p.P2, i)) - TVec.Create(offset);
            TVec gradient = TVec.Fma(normalised, TVec.Create(-slope), g) * TVec.Create(rstd);
            E.Store(p.P3, i, accumulate ? E.Load<TVec>(p.P3, i) + gradient : gradient);
        }
    }

    /// <summary>dW += dY n.</summary>
    private readonly struct WeightKernel(float mean, float rstd) : IElementwiseKernel
    {
        public static int Operands => 3;

        public static int Outputs => 1;

        public bool ReadsOutputs => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement =>
            E.Store(p.P2, i, TVec.Fma((E.Load<TVec>(p.P0, i) - TVec.Create(mean)) * TVec.Create(rstd), E.Load<TVec>(p.P1, i), E.Load<TVec>(p.P2, i)));
    }

    /// <summary>db += dY.</summary>
    private readonly struct BiasKernel : IElementwiseKernel
    {
        public static int Operands => 2;

        public static int Outputs => 1;

        public bool ReadsOutputs => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement => E.Store(p.P1, i, E.Load<TVec>(p.P0, i) + E.Load<TVec>(p.P1, i));
    }
}
