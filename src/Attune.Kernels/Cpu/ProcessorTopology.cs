using System.Globalization;

namespace Attune.Kernels.Cpu;

/// <summary>Counts the cores behind the processors that the operating system shows.</summary>
internal static class ProcessorTopology
{
    private const string Processors = "/sys/devices/system/cpu";
    private const string Status = "/proc/self/status";

    /// <summary>Physical cores within this process's affinity and quota; the number of logical processors where the system does not tell.</summary>
    public static int UsableCores()
    {
        int logical = Environment.ProcessorCount;
        try
        {
            return Math.Clamp(DistinctCores(AllowedProcessors()), 1, logical);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return logical;
        }
    }

    /// <summary>Expands a list such as <c>0-3,8</c>.</summary>
    internal static List<int> ParseList(string list)
    {
        var numbers = new List<int>();
        foreach (string part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            int last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            for (int number = first; number <= last; number++)
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }

    private static List<int> AllowedProcessors()
    {
        const string Key = "Cpus_allowed_list:";
        string? line = File.ReadLines(Status).FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? throw new FormatException($"{Status} has no line {Key}") : ParseList(line[Key.Length..]);
    }

    private static int DistinctCores(List<int> processors)
    {
        // Processors of one core name the same list of siblings.
        return processors.Select(number => File.ReadAllText($"{Processors}/cpu{number}/topology/thread_siblings_list").Trim()).Distinct().Count();
    }
}
