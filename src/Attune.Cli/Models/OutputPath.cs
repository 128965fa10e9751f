namespace Attune.Cli.Models;

/// <summary>Checks of places that a command writes to, before it works for long.</summary>
internal static class OutputPath
{
    /// <summary>Refuses a place that holds something, unless it may be replaced.</summary>
    /// <exception cref="UsageException">There is something.</exception>
    public static void RequireFree(string path, bool force)
    {
        bool isTaken = File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any());
        if (isTaken && !force)
        {
            throw new UsageException($"{path} exists already; give another place, or --force to replace it");
        }
    }

    /// <summary>Refuses to write over a file that is read meanwhile.</summary>
    /// <exception cref="UsageException">It is one of them.</exception>
    public static void RequireNoneOf(IEnumerable<string> inputs, string output)
    {
        if (inputs.Any(input => Path.GetFullPath(input) == Path.GetFullPath(output)))
        {
            throw new UsageException($"output: {output} is one of the files that are read; give another");
        }
    }

    /// <summary>Refuses to write a model over the one it comes from.</summary>
    /// <exception cref="UsageException">Both are the same, or one lies in the other.</exception>
    public static void RequireApart(string input, string output)
    {
        string from = Path.TrimEndingDirectorySeparator(Path.GetFullPath(input)) + Path.DirectorySeparatorChar;
        string to = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)) + Path.DirectorySeparatorChar;
        if (from.StartsWith(to, StringComparison.Ordinal) || from == to)
        {
            throw new UsageException($"{output} holds the model that is read; give another place");
        }
    }
}
