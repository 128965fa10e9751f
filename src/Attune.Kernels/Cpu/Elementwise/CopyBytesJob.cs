using Attune.Tensors;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>Copies contiguous elements of one type as they are.</summary>
internal unsafe struct CopyBytesJob : IJob
{
    private const long ChunkBytes = 128 * 1024;

    private byte* _source;
    private byte* _destination;
    private long _bytes;

    public static void Run(WorkerPool pool, Tensor source, Tensor destination)
    {
        var job = new CopyBytesJob
        {
            _source = CpuStorage.Start(source),
            _destination = CpuStorage.Start(destination),
            _bytes = source.Count * source.DType.SizeInBytes,
        };
        pool.Run(ref job, checked((int)((job._bytes + ChunkBytes - 1) / ChunkBytes)));
    }

    public readonly void Execute(int index, int worker)
    {
        long start = index * ChunkBytes;
        long count = Math.Min(ChunkBytes, _bytes - start);
        Buffer.MemoryCopy(_source + start, _destination + start, count, count);
    }
}
