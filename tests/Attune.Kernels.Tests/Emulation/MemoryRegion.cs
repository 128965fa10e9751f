namespace Attune.Kernels.Tests.Emulation;

/// <summary>Memory that emulated code may touch.</summary>
/// <param name="Name">What lies there.</param>
/// <param name="Start">Address of its first byte.</param>
/// <param name="End">Address behind its last byte.</param>
/// <param name="Writable">Whether it may be written to.</param>
internal sealed unsafe record MemoryRegion(string Name, ulong Start, ulong End, bool Writable)
{
    /// <summary>Its content.</summary>
    public Span<byte> Bytes => new((void*)Start, (int)(End - Start));

    /// <summary>Whether all bytes of an access lie here.</summary>
    public bool Holds(ulong address, int bytes) => address >= Start && address + (ulong)bytes <= End;

    /// <summary>Bytes of an access that lie outside, or how far it is away.</summary>
    public ulong Distance(ulong address, int bytes)
    {
        ulong before = address < Start ? Start - address : 0;
        ulong behind = address + (ulong)bytes > End ? address + (ulong)bytes - End : 0;
        return Math.Max(before, behind);
    }

    /// <summary>Where an access lies beside this region.</summary>
    public string Place(ulong address) => address < Start
        ? $"{Start - address} bytes before {Name}"
        : address >= End ? $"{address - End} bytes behind the end of {Name}" : $"at byte {address - Start} of {Name}, which has {End - Start}";
}
