namespace Attune.Cli.Models;

/// <summary>Checks of places that a command writes to, before it works for long.</summary>
internal static class OutputPath
{
    private static readonly string[] ModelNames = ["config.json", "adapter_config.json"];

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

    /// <summary>Refuses a place that holds something, unless it is a model or an adapter that may be replaced, which is done as a whole.</summary>
    /// <param name="path">The place.</param>
    /// <param name="force">Whether what is there may be replaced.</param>
    /// <param name="isFolder">Whether a folder is written, or else a file.</param>
    /// <exception cref="UsageException">There is something, or something else.</exception>
    public static void RequireFreeForModel(string path, bool force, bool isFolder)
    {
        RequireFree(path, force);
        if (isFolder ? File.Exists(path) : Directory.Exists(path))
        {
            throw new UsageException($"{path} is a {(isFolder ? "file, and a folder" : "folder, and a file")} is to be written; give another place, or remove it");
        }

        if (isFolder && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !ModelNames.Any(name => File.Exists(Path.Combine(path, name))))
        {
            throw new UsageException($"{path} holds neither {string.Join(" nor ", ModelNames)}; --force replaces a whole folder, and only one that holds a model or an adapter; give another place, or remove it");
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
