using Attune.Kernels.Jit;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>The memory of this process that emulated code may touch, byte by byte.</summary>
internal sealed unsafe class MemoryMap
{
    private readonly List<MemoryRegion> _regions = [];
    private bool _isSorted = true;
    private MemoryRegion _last = new("nothing", 0, 0, Writable: false);

    /// <summary>The region that an address belongs to; null where there is none.</summary>
    public MemoryRegion? Find(ulong address)
    {
        Sort();
        int low = 0;
        int high = _regions.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_regions[middle].End <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _regions.Count && _regions[low].Start <= address ? _regions[low] : null;
    }

    /// <summary>Allows the bytes of rows, without the gaps between them. Rows may repeat each other, but not overlap.</summary>
    /// <param name="name">What they are.</param>
    /// <param name="start">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="stride">Bytes from a row to the next.</param>
    /// <param name="bytes">Bytes of a row.</param>
    /// <param name="writable">Whether they may be written to.</param>
    public void AllowRows(string name, void* start, int rows, nint stride, nint bytes, bool writable)
    {
        for (int row = 0; row < (stride == 0 ? Math.Min(1, rows) : rows); row++)
        {
            Allow($"row {row} of {name}", (byte*)start + (row * stride), bytes, writable);
        }
    }

    /// <summary>Allows some bytes, which no other region has.</summary>
    public void Allow(string name, void* start, nint bytes, bool writable)
    {
        if (bytes > 0)
        {
            _regions.Add(new MemoryRegion(name, (ulong)start, (ulong)start + (ulong)bytes, writable));
            _isSorted = false;
        }
    }

    /// <summary>Allows reading constants that kernels find in the data of the assembly.</summary>
    public void AllowConstants()
    {
        fixed (ushort* words = PairOrder.Words)
        {
            Allow("the order of pairs", words, PairOrder.Words.Length * sizeof(ushort), writable: false);
        }
    }

    /// <summary>Throws where code may not touch what it touches.</summary>
    /// <exception cref="EmulationException">No region holds all the bytes, or it may not be written to.</exception>
    public void Check(ulong address, int bytes, bool write)
    {
        if (!_last.Holds(address, bytes))
        {
            MemoryRegion? region = Find(address);
            if (region is null || !region.Holds(address, bytes))
            {
                throw Fault(address, bytes, write);
            }

            _last = region;
        }

        EmulationException.Require(_last.Writable || !write, $"writes {bytes} bytes {_last.Place(address)}, which may only be read");
    }

    /// <summary>The content of all memory that may be written to.</summary>
    public byte[] ReadWritable()
    {
        Sort();
        return [.. _regions.Where(static region => region.Writable).SelectMany(static region => region.Bytes.ToArray())];
    }

    /// <summary>Writes back what <see cref="ReadWritable"/> gave.</summary>
    public void WriteWritable(ReadOnlySpan<byte> content)
    {
        foreach (MemoryRegion region in _regions.Where(static region => region.Writable))
        {
            content[..region.Bytes.Length].CopyTo(region.Bytes);
            content = content[region.Bytes.Length..];
        }
    }

    /// <summary>Where a byte of what <see cref="ReadWritable"/> gives lies.</summary>
    public string? PlaceOfWritable(int index)
    {
        foreach (MemoryRegion region in _regions.Where(static region => region.Writable))
        {
            if (index < region.Bytes.Length)
            {
                return region.Place(region.Start + (ulong)index);
            }

            index -= region.Bytes.Length;
        }

        return null;
    }

    private EmulationException Fault(ulong address, int bytes, bool write)
    {
        MemoryRegion? nearest = _regions.MinBy(region => region.Distance(address, bytes));
        return new EmulationException($"{(write ? "writes" : "reads")} {bytes} bytes outside of its operands, {nearest?.Place(address) ?? $"at {address:x}"}");
    }

    private void Sort()
    {
        if (_isSorted)
        {
            return;
        }

        _regions.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        for (int i = 1; i < _regions.Count; i++)
        {
            EmulationException.Require(_regions[i].Start >= _regions[i - 1].End, $"{_regions[i - 1].Name} and {_regions[i].Name} overlap");
        }

        _isSorted = true;
    }
}
