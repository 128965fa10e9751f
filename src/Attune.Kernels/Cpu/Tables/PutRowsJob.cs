using Attune.Tensors;

namespace Attune.Kernels.Cpu.Tables;

/// <summary>Copies rows to rows of a table by their indices, which are all different.</summary>
internal unsafe struct PutRowsJob : IJob
{
    /// <summary>Bytes that one index of the job copies: what is worth handing to a thread.</summary>
    private const long ChunkBytes = 64 << 10;

    private byte* _source;
    private byte* _destination;
    private int* _indices;
    private long _sourceRowBytes;
    private long _rowBytes;
    private long _count;
    private long _perChunk;

    /// <summary>Copies the rows.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="source">[N, ...], rows without gaps, possibly apart.</param>
    /// <param name="indices">N rows of the table.</param>
    /// <param name="destination">The table, contiguous, with rows of the source's type and size.</param>
    public static void Run(WorkerPool pool, Tensor source, int* indices, Tensor destination)
    {
        long rowBytes = source.Count / source.Shape[0] * source.DType.SizeInBytes;
        var job = new PutRowsJob
        {
            _source = CpuStorage.Start(source),
            _destination = CpuStorage.Start(destination),
            _indices = indices,
            _sourceRowBytes = source.Strides[0] * source.DType.SizeInBytes,
            _rowBytes = rowBytes,
            _count = source.Shape[0],
            _perChunk = Math.Max(1, ChunkBytes / rowBytes),
        };
        pool.Run(ref job, checked((int)((job._count + job._perChunk - 1) / job._perChunk)));
    }

    public readonly void Execute(int index, int worker)
    {
        long end = Math.Min(_count, (index + 1) * _perChunk);
        for (long i = index * _perChunk; i < end; i++)
        {
            Buffer.MemoryCopy(_source + (i * _sourceRowBytes), _destination + (_indices[i] * _rowBytes), _rowBytes, _rowBytes);
        }
    }
}
