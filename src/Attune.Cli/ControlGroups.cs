using System.Globalization;

namespace Attune.Cli;

/// <summary>Limits of memory that containers and services are given by Linux's control groups, of either version.</summary>
internal static class ControlGroups
{
    private const string Root = "/sys/fs/cgroup";
    private const string Own = "/proc/self/cgroup";

    /// <summary>Bytes that the tightest group of this process leaves; null where no group has a limit.</summary>
    public static long? AvailableBytes() => AvailableBytes(Root, Own);

    /// <summary>The same from other files.</summary>
    /// <param name="root">Where the groups are.</param>
    /// <param name="own">The file that names the groups of the process, a line <c>number:controllers:path</c> for each hierarchy.</param>
    public static long? AvailableBytes(string root, string own)
    {
        long? least = null;
        foreach (string[] group in File.Exists(own) ? File.ReadLines(own).Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3) : [])
        {
            bool isFirstVersion = group[1].Split(',').Contains("memory");
            if (isFirstVersion || group[1].Length == 0)
            {
                string top = isFirstVersion ? Path.Combine(root, "memory") : root;
                (string limit, string used, string cache) = isFirstVersion
                    ? ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ")
                    : ("memory.max", "memory.current", "inactive_file ");

                // A group's limit holds for those inside of it. Within a container its own group may be the top, whatever the path says.
                for (string path = group[2].Trim('/'); ; path = Path.GetDirectoryName(path) ?? "")
                {
                    string folder = Path.Combine(top, path);
                    if (Number(Path.Combine(folder, limit)) is { } most && Number(Path.Combine(folder, used)) is { } taken)
                    {
                        // Files that were read lately count as used, but make room.
                        long left = most - Math.Min(most, Math.Max(0, taken - Cached(Path.Combine(folder, "memory.stat"), cache)));
                        least = Math.Min(least ?? long.MaxValue, left);
                    }

                    if (path.Length == 0)
                    {
                        break;
                    }
                }
            }
        }

        return least;
    }

    // "max" and what the first version writes for no limit, the highest number of pages, are none.
    private static long? Number(string file) =>
        File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes < long.MaxValue / 2 ? bytes : null;

    private static long Cached(string file, string key)
    {
        string? line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is not null && long.TryParse(line.AsSpan(key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : 0;
    }
}
