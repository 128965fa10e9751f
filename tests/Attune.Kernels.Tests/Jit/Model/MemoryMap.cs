namespace Attune.Kernels.Tests.Jit.Model;

/// <summary>The memory that a program may touch, byte by byte; everything where nothing was allowed.</summary>
internal sealed class MemoryMap
{
    private readonly List<(ulong Start, ulong End, bool Writable)> _regions = [];

    public unsafe void Allow(void* start, nint bytes, bool writable) => _regions.Add(((ulong)start, (ulong)start + (ulong)bytes, writable));

    public void Check(ulong address, int bytes, bool write)
    {
        foreach ((ulong start, ulong end, bool writable) in _regions)
        {
            if (address >= start && address + (ulong)bytes <= end && (writable || !write))
            {
                return;
            }
        }

        throw new InvalidOperationException($"{(write ? "write" : "read")} of {bytes} bytes at {address:x} outside of the operands");
    }
}
