using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>Softmax of rows: largest element, exponentials and their sum, division.</summary>
internal unsafe struct SoftmaxJob<V> : IJob
    where V : struct, IVec<V>
{
    private WorkerPool _pool;
    private RowView _source;
    private RowView _destination;

    public static void Run(WorkerPool pool, Tensor source, Tensor destination)
    {
        var job = new SoftmaxJob<V> { _pool = pool, _source = new RowView(source), _destination = new RowView(destination) };
        pool.Run(ref job, job._source.Chunks);
    }

    public readonly void Execute(int index, int worker)
    {
        var buffer = (float*)_pool.Scratch(worker, 2L * _source.Padded * sizeof(float));
        float* result = buffer + _source.Padded;
        long end = Math.Min(_source.Count, (long)(index + 1) * _source.PerChunk);
        for (long row = (long)index * _source.PerChunk; row < end; row++)
        {
            float* x = _source.Read<V>(row, buffer);
            float* y = _destination.Target(row, result);
            float largest = RowLoop<V>.Largest(x, _source.Columns);
            double sum = RowLoop<V>.Sum(new ExpTerm(largest), new Pointers { P0 = (byte*)x, P1 = (byte*)y }, _source.Columns);
            RowLoop<V>.Map(new AxpyKernel((float)(1 / sum), 0), new Pointers { P0 = (byte*)y, P1 = (byte*)y }, _source.Columns);
            _destination.Finish<V>(row, result);
        }
    }

    /// <summary>e^(x - shift), kept in the second operand.</summary>
    private readonly struct ExpTerm(float shift) : IRowTerm
    {
        public static int Operands => 2;

        public static int Outputs => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVec Term<TVec>(in Pointers p, nint i)
            where TVec : struct, IVec<TVec>
        {
            TVec e = VecMath.Exp(F32Element.Load<TVec>(p.P0, i) - TVec.Create(shift));
            F32Element.Store(p.P1, i, e);
            return e;
        }
    }
}
