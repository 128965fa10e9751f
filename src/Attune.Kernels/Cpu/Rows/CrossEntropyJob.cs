using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>Cross entropy of rows of logits with their labels; the logits become softmax - onehot when the gradient is wanted.</summary>
internal unsafe struct CrossEntropyJob<V> : IJob
    where V : struct, IVec<V>
{
    private WorkerPool _pool;
    private RowView _logits;
    private int* _labels;
    private float* _losses;
    private bool _gradient;

    public static void Run(WorkerPool pool, Tensor logits, int* labels, Tensor losses, bool gradient)
    {
        var job = new CrossEntropyJob<V>
        {
            _pool = pool,
            _logits = new RowView(logits),
            _labels = labels,
            _losses = (float*)CpuStorage.Start(losses),
            _gradient = gradient,
        };
        pool.Run(ref job, job._logits.Chunks);
    }

    public readonly void Execute(int index, int worker)
    {
        var buffer = (float*)_pool.Scratch(worker, (long)_logits.Padded * sizeof(float));
        int columns = _logits.Columns;
        long end = Math.Min(_logits.Count, (long)(index + 1) * _logits.PerChunk);
        for (long row = (long)index * _logits.PerChunk; row < end; row++)
        {
            float* x = _logits.Read<V>(row, buffer);
            var p = new Pointers { P0 = (byte*)x, P1 = (byte*)x };
            float largest = RowLoop<V>.Largest(x, columns);
            double sum = RowLoop<V>.Sum(new ExpTerm(largest), p, columns);
            int label = _labels[row];
            _losses[row] = (float)((double)largest - x[label] + Math.Log(sum));
            if (_gradient)
            {
                // The exponentials again: they cost less than a trip of the row through memory.
                RowLoop<V>.Map(new SoftmaxKernel(largest, (float)(1 / sum)), p, columns);
                x[label] -= 1;
                _logits.Finish<V>(row, buffer);
            }
        }
    }

    private readonly struct ExpTerm(float shift) : IRowTerm
    {
        public static int Operands => 1;

        public static int Outputs => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Term<TVec>(in Pointers p, nint i)
            where TVec : struct, IVec<TVec> => VecMath.Exp(F32Element.Load<TVec>(p.P0, i) - TVec.Create(shift));
    }

    private readonly struct SoftmaxKernel(float shift, float scale) : IElementwiseKernel
    {
        public static int Operands => 2;

        public static int Outputs => 1;

        public bool ReadsOutputs => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement =>
            E.Store(p.P1, i, VecMath.Exp(E.Load<TVec>(p.P0, i) - TVec.Create(shift)) * TVec.Create(scale));
    }
}
