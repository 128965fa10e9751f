using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Tables;

/// <summary>
/// Adds rows to rows of a table by their indices. The work is cut by columns, so that rows that meet in one place are added by one thread and in order.
/// </summary>
internal unsafe struct ScatterAddJob<V> : IJob
    where V : struct, IVec<V>
{
    /// <summary>Two cache lines of bf16: no line is written by two threads.</summary>
    private const int BlockColumns = 64;

    private byte* _source;
    private byte* _destination;
    private int* _indices;
    private DType _sourceType;
    private DType _destinationType;
    private long _sourceRowStride;
    private long _sourceColumnStride;
    private long _rowStride;
    private long _columnStride;
    private long _columns;
    private long _count;

    public static void Run(WorkerPool pool, Tensor source, int* indices, long count, Tensor destination)
    {
        var job = new ScatterAddJob<V>
        {
            _source = CpuStorage.Start(source),
            _destination = CpuStorage.Start(destination),
            _indices = indices,
            _sourceType = source.DType,
            _destinationType = destination.DType,
            _sourceRowStride = source.Strides[0],
            _sourceColumnStride = source.Strides[1],
            _rowStride = destination.Strides[0],
            _columnStride = destination.Strides[1],
            _columns = destination.Shape[1],
            _count = count,
        };
        pool.Run(ref job, checked((int)((job._columns + BlockColumns - 1) / BlockColumns)));
    }

    [SkipLocalsInit]
    public readonly void Execute(int index, int worker)
    {
        float* source = stackalloc float[BlockColumns];
        float* destination = stackalloc float[BlockColumns];
        long column = (long)index * BlockColumns;
        int count = (int)Math.Min(BlockColumns, _columns - column);
        for (long i = 0; i < _count; i++)
        {
            byte* from = _source + (((i * _sourceRowStride) + (column * _sourceColumnStride)) * _sourceType.SizeInBytes);
            byte* to = _destination + (((_indices[i] * _rowStride) + (column * _columnStride)) * _destinationType.SizeInBytes);
            float* x = Blocks.View<V>(_sourceType, from, _sourceColumnStride, count, source);
            float* sum = Blocks.View<V>(_destinationType, to, _columnStride, count, destination);
            var p = new Pointers { P0 = (byte*)x, P1 = (byte*)sum, P2 = (byte*)sum };
            ElementwiseLoop<V, F32Element>.Run(default(ZipKernel<AddOperator>), p, count, 0);
            if ((byte*)sum != to)
            {
                Blocks.Store<V>(_destinationType, to, _columnStride, count, sum);
            }
        }
    }
}
