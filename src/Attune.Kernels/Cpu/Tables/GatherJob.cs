using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Scalar;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Tables;

/// <summary>Copies rows of a table by their indices, converting the element type.</summary>
internal unsafe struct GatherJob<V> : IJob
    where V : struct, IVec<V>
{
    private const int ChunkElements = 16 * 1024;

    private byte* _source;
    private byte* _destination;
    private int* _indices;
    private DType _sourceType;
    private DType _destinationType;
    private long _rowStride;
    private long _columnStride;
    private long _columns;
    private long _count;
    private long _perChunk;

    public static void Run(WorkerPool pool, Tensor source, int* indices, long count, Tensor destination)
    {
        var job = new GatherJob<V>
        {
            _source = CpuStorage.Start(source),
            _destination = CpuStorage.Start(destination),
            _indices = indices,
            _sourceType = source.DType,
            _destinationType = destination.DType,
            _rowStride = source.Strides[0],
            _columnStride = source.Strides[1],
            _columns = source.Shape[1],
            _count = count,
            _perChunk = Math.Max(1, ChunkElements / Math.Max(1, source.Shape[1])),
        };
        pool.Run(ref job, checked((int)((count + job._perChunk - 1) / job._perChunk)));
    }

    public readonly void Execute(int index, int worker)
    {
        long end = Math.Min(_count, (index + 1) * _perChunk);
        for (long i = index * _perChunk; i < end; i++)
        {
            byte* from = _source + (_indices[i] * _rowStride * _sourceType.SizeInBytes);
            byte* to = _destination + (i * _columns * _destinationType.SizeInBytes);
            if (_sourceType == _destinationType && _columnStride == 1)
            {
                long bytes = _columns * _sourceType.SizeInBytes;
                Buffer.MemoryCopy(from, to, bytes, bytes);
            }
            else if (Blocks.Takes(_sourceType) && Blocks.Takes(_destinationType))
            {
                Convert(from, to);
            }
            else
            {
                for (long c = 0; c < _columns; c++)
                {
                    ScalarElements.Store(_destinationType, to, c, ScalarElements.Load(_sourceType, from, c * _columnStride));
                }
            }
        }
    }

    [SkipLocalsInit]
    private readonly void Convert(byte* from, byte* to)
    {
        float* buffer = stackalloc float[Blocks.Size];
        for (long c = 0; c < _columns; c += Blocks.Size)
        {
            int size = (int)Math.Min(Blocks.Size, _columns - c);
            float* run = Blocks.View<V>(_sourceType, from + (c * _columnStride * _sourceType.SizeInBytes), _columnStride, size, buffer);
            Blocks.Store<V>(_destinationType, to + (c * _destinationType.SizeInBytes), 1, size, run);
        }
    }
}
