namespace Attune.Kernels.Tests.Emulation;

/// <summary>What emulated code fetches and touches, by cache lines and in time.</summary>
internal sealed class AccessTrace
{
    private const int LineBytes = 64;
    private readonly Dictionary<ulong, long> _lastTouches = [];
    private long _time;

    /// <summary>Every request, in time.</summary>
    public List<(ulong Address, long Time)> Fetches { get; } = [];

    /// <summary>Notes a request.</summary>
    public void Fetch(ulong address) => Fetches.Add((address, ++_time));

    /// <summary>Notes a load or a store.</summary>
    public void Touch(ulong address, int bytes, bool write)
    {
        _time++;
        for (ulong line = address / LineBytes; line <= (address + (ulong)bytes - 1) / LineBytes; line++)
        {
            _lastTouches[line] = _time;
        }
    }

    /// <summary>Whether the cache line of an address is touched after a time.</summary>
    public bool IsTouchedAfter(ulong address, long time) => _lastTouches.TryGetValue(address / LineBytes, out long last) && last > time;
}
