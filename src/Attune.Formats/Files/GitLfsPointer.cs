namespace Attune.Formats;

/// <summary>The small text that stands for a large file in a repository whose files Git LFS has not fetched.</summary>
/// <remarks>Source: the pointer format of Git LFS, https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.</remarks>
public static class GitLfsPointer
{
    /// <summary>What is wrong with such a file, and what to do.</summary>
    public const string Message = "this is no data but a pointer of Git LFS to them; fetch them with 'git lfs pull' in the folder of the repository";

    /// <summary>How such a text begins.</summary>
    public static ReadOnlySpan<byte> Start => "version https://git-lfs.github.com/spec/"u8;

    /// <summary>Whether a file, which exists, is one.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool IsAt(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] start = new byte[Start.Length];
        return IsOne(start.AsSpan(0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
    }

    /// <summary>Whether a file that begins so is one.</summary>
    public static bool IsOne(ReadOnlySpan<byte> start) => start.StartsWith(Start);
}
