using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>
/// dX (+)= rstd (g - x rstd^2 mean(g x)) with g = dY (w + offset), and dW = sum over rows of dY x rstd. Each chunk of rows sums its part of dW by itself; the parts are
/// added in order afterwards.
/// </summary>
internal unsafe struct RmsNormGradientJob<V> : IJob
    where V : struct, IVec<V>
{
    private WorkerPool _pool;
    private RowView _x;
    private RowView _weight;
    private RowView _upstream;
    private RowView _dX;
    private float* _rstd;
    private float _offset;
    private bool _wantsX;
    private bool _accumulateX;
    private ColumnParts _parts;

    public static void Run(
        CpuOperators<V> operators, Tensor x, Tensor weight, double offset, Tensor rstd, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight)
    {
        var job = new RmsNormGradientJob<V>
        {
            _pool = operators.Pool,
            _x = new RowView(x),
            _weight = new RowView(weight),
            _upstream = new RowView(upstream),
            _dX = dX is null ? default : new RowView(dX),
            _rstd = (float*)CpuStorage.Start(rstd),
            _offset = (float)offset,
            _wantsX = dX is not null,
            _accumulateX = accumulateX,
        };
        lock (operators.Pool.Runs)
        {
            int chunks = job._x.Chunks;
            job._parts = new ColumnParts(dWeight is null ? null : (float*)operators.Shared((long)chunks * job._x.Padded * sizeof(float)), job._x.Padded);
            operators.Pool.Run(ref job, chunks);
            job._parts.Sum(operators.Pool, chunks, dWeight, accumulateWeight);
        }
    }

    public readonly void Execute(int index, int worker)
    {
        int size = _x.Padded;
        var buffer = (float*)_pool.Scratch(worker, 4L * size * sizeof(float));
        float* result = buffer + (3 * size);
        float* weight = _weight.Read<V>(0, buffer + (2 * size));
        float* part = _parts.Start(index);
        long end = Math.Min(_x.Count, (long)(index + 1) * _x.PerChunk);
        for (long row = (long)index * _x.PerChunk; row < end; row++)
        {
            float rstd = _rstd[row];
            var p = new Pointers
            {
                P0 = (byte*)_x.Read<V>(row, buffer),
                P1 = (byte*)_upstream.Read<V>(row, buffer + size),
            };
            if (part != null && !_wantsX)
            {
                RowLoop<V>.Map(new WeightKernel(rstd), p with { P2 = (byte*)part }, _x.Columns);
            }

            if (_wantsX)
            {
                p.P2 = (byte*)weight;
                p.P3 = (byte*)part;
                double sum = part == null ? RowLoop<V>.Sum(new GradientTerm(_offset), p, _x.Columns) : RowLoop<V>.Sum(new BothTerm(_offset, rstd), p, _x.Columns);
                double mean = sum / _x.Columns;
                p.P3 = (byte*)(_accumulateX ? _dX.Read<V>(row, result) : _dX.Target(row, result));
                RowLoop<V>.Map(new InputKernel(rstd, (float)(mean * rstd * rstd), _offset, _accumulateX), p, _x.Columns);
                _dX.Finish<V>(row, result);
            }
        }
    }

    /// <summary>dY (w + offset) x.</summary>
    private readonly struct GradientTerm(float offset) : IRowTerm
    {
        public static int Operands => 3;

        public static int Outputs => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Term<TVec>(in Pointers p, nint i)
            where TVec : struct, IVec<TVec> =>
            F32Element.Load<TVec>(p.P0, i) * F32Element.Load<TVec>(p.P1, i) * (F32Element.Load<TVec>(p.P2, i) + TVec.Create(offset));
    }

    /// <summary>The same, and the row's share of the weight's gradient on the way: reading x and dY once more would take half as long as all else.</summary>
    private readonly struct BothTerm(float offset, float rstd) : IRowTerm
    {
        public static int Operands => 4;

        public static int Outputs => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Term<TVec>(in Pointers p, nint i)
            where TVec : struct, IVec<TVec>
        {
            TVec x = F32Element.Load<TVec>(p.P0, i);
            TVec upstream = F32Element.Load<TVec>(p.P1, i);
            F32Element.Store(p.P3, i, TVec.Fma(x * TVec.Create(rstd), upstream, F32Element.Load<TVec>(p.P3, i)));
            return x * upstream * (F32Element.Load<TVec>(p.P2, i) + TVec.Create(offset));
        }
    }

    private readonly struct InputKernel(float rstd, float slope, float offset, bool accumulate) : IElementwiseKernel
    {
        public static int Operands => 4;

        public static int Outputs => 1;

        public bool ReadsOutputs => accumulate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement
        {
            TVec g = E.Load<TVec>(p.P1, i) * (E.Load<TVec>(p.P2, i) + TVec.Create(offset));
            TVec gradient = TVec.Fma(E.Load<TVec>(p.P0, i), TVec.Create(-slope), g) * TVec.Create(rstd);
            E.Store(p.P3, i, accumulate ? E.Load<TVec>(p.P3, i) + gradient : gradient);
        }
    }

    private readonly struct WeightKernel(float rstd) : IElementwiseKernel
    {
        public static int Operands => 3;

        public static int Outputs => 1;

        public bool ReadsOutputs => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement =>
            E.Store(p.P2, i, TVec.Fma(E.Load<TVec>(p.P0, i) * TVec.Create(rstd), E.Load<TVec>(p.P1, i), E.Load<TVec>(p.P2, i)));
    }
}
