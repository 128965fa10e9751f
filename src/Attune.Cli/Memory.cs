using System.Globalization;

namespace Attune.Cli;

/// <summary>What the operating system says about memory.</summary>
internal static class Memory
{
    /// <summary>The most bytes of memory that this process ever held at once.</summary>
    public static long PeakBytes()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return Kilobytes("/proc/self/status", "VmHWM:") ?? process.PeakWorkingSet64;
    }

    /// <summary>Bytes of memory that this process holds now.</summary>
    public static long CurrentBytes() => Kilobytes("/proc/self/status", "VmRSS:") ?? Environment.WorkingSet;

    /// <summary>Bytes that new work can have, of the machine and of the control groups that the process is in; null where the system does not tell.</summary>
    public static long? AvailableBytes() =>
        Kilobytes("/proc/meminfo", "MemAvailable:") is { } machine ? Math.Min(machine, ControlGroups.AvailableBytes() ?? long.MaxValue) : ControlGroups.AvailableBytes();

    private static long? Kilobytes(string file, string key)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        string? line = File.ReadLines(file).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal));
        string? number = line?[key.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes * 1024 : null;
    }
}
