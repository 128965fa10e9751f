using System.Runtime.InteropServices;

namespace Attune.Training.Runs;

/// <summary>The machine that a run was started on.</summary>
/// <param name="System">Operating system.</param>
/// <param name="Architecture">Architecture of the process.</param>
/// <param name="Processor">Name of the processor; null where the system does not tell.</param>
/// <param name="Processors">Logical processors that the process may use.</param>
/// <param name="MemoryBytes">Memory that the process may use.</param>
/// <param name="Dotnet">Runtime.</param>
public sealed record RunHost(string System, string Architecture, string? Processor, int Processors, long MemoryBytes, string Dotnet)
{
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <summary>This machine.</summary>
    public static RunHost Current() => new(
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        ProcessorName(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo(GCKind.Any).TotalAvailableMemoryBytes,
        RuntimeInformation.FrameworkDescription);

    private static string? ProcessorName()
    {
        string? line = File.Exists(ProcessorFile) ? File.ReadLines(ProcessorFile).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
