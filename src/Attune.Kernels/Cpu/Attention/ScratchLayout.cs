namespace Attune.Kernels.Cpu.Attention;

/// <summary>Hands out parts of a scratch memory, aligned to cache lines; over no memory it only counts.</summary>
internal unsafe struct ScratchLayout(byte* start)
{
    private readonly byte* _start = start;

    /// <summary>Bytes handed out.</summary>
    public long Bytes { get; private set; }

    public byte* Take(long bytes)
    {
        byte* part = _start + Bytes;
        Bytes += (bytes + 63) & ~63;
        return part;
    }

    public float* TakeFloats(long count) => (float*)Take(count * sizeof(float));
}
