using System.Runtime.CompilerServices;
using Xunit;

namespace Attune.Testing;

/// <summary>Finds the reference values, the real models and the real data sets that tests compare with, and skips tests when they are not there.</summary>
public static class Goldens
{
    /// <summary>Folder of the reference values: the environment variable <c>ATTUNE_GOLDENS</c>, else <c>../shared/goldens</c> beside the repository.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("ATTUNE_GOLDENS") is { Length: > 0 } folder
        ? Path.GetFullPath(folder)
        : Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "goldens"));

    /// <summary>Folder of the real models: beside the goldens.</summary>
    public static string Models { get; } = Path.GetFullPath(Path.Combine(Root, "..", "models"));

    /// <summary>Folder of the real data sets: beside the goldens.</summary>
    public static string Data { get; } = Path.GetFullPath(Path.Combine(Root, "..", "data"));

    /// <summary>A path below <see cref="Root"/>; skips the running test when it does not exist.</summary>
    public static string Require(params ReadOnlySpan<string> parts) => RequirePath(Root, parts);

    /// <summary>A path below <see cref="Models"/>; skips the running test when it does not exist.</summary>
    public static string RequireModel(params ReadOnlySpan<string> parts) => RequirePath(Models, parts);

    /// <summary>A path below <see cref="Data"/>; skips the running test when it does not exist.</summary>
    public static string RequireData(params ReadOnlySpan<string> parts) => RequirePath(Data, parts);

    /// <summary>Names of the sub-folders (sorted) of a folder below <see cref="Root"/>, as theory rows; one row <c>(none)</c> when the goldens are not there, so that the theory reports a skip.</summary>
    public static TheoryData<string> Folders(string relative, string pattern = "*")
    {
        string path = Path.Combine(Root, relative);
        var rows = new TheoryData<string>();
        if (!Directory.Exists(path))
        {
            rows.Add(None);
            return rows;
        }

        foreach (string folder in Directory.EnumerateDirectories(path, pattern).Order(StringComparer.Ordinal))
        {
            rows.Add(Path.GetFileName(folder));
        }

        return rows;
    }

    /// <summary>The row of a theory whose goldens are not there.</summary>
    public const string None = "(none)";

    private static string RequirePath(string root, ReadOnlySpan<string> parts)
    {
        string path = Path.Combine([root, .. parts]);
        Assert.SkipUnless(
            Path.Exists(path) && !parts.Contains(None),
            $"needs {Path.Combine([.. parts])} of the reference values (set ATTUNE_GOLDENS to their folder)");
        return path;
    }
}

/// <summary>The repository that the running tests were built from.</summary>
public static class Repository
{
    /// <summary>The folder that holds <c>Attune.slnx</c>.</summary>
    public static string Root { get; } = Find();

    private static string Find([CallerFilePath] string thisFile = "")
    {
        foreach (string start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(thisFile)! })
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Attune.slnx")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new DirectoryNotFoundException("Attune.slnx was not found above the test assembly");
    }
}
