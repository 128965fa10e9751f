using Attune.Testing;

namespace Attune.Formats.Tests;

/// <summary>Damaged files for readers of paths.</summary>
internal static class Mutations
{
    /// <summary>A file system in memory, where there is one: writing to a disk would take longer than reading.</summary>
    private const string Memory = "/dev/shm";

    /// <summary>Runs <paramref name="read"/> over damaged copies of a file, the damage in its first <paramref name="headerBytes"/> bytes.</summary>
    /// <returns>How many copies were refused.</returns>
    public static int Run(byte[] original, int headerBytes, int count, string path, Action<string> read)
    {
        string place = Directory.Exists(Memory) ? Path.Combine(Memory, $"{Guid.NewGuid():n}-{Path.GetFileName(path)}") : path;
        try
        {
            return Fuzz.Run<ModelFileException>(
                original,
                count,
                mutant =>
                {
                    File.WriteAllBytes(place, mutant);
                    read(place);
                },
                error => Assert.Contains(place, error.Message),
                headerBytes);
        }
        finally
        {
            File.Delete(place);
        }
    }
}
