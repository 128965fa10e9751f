using System.Text.Json;
using Attune.Formats;
using Attune.Training.Runs;

namespace Attune.Training.Checkpoints;

/// <summary>The list of a checkpoint's files, saved as <c>manifest.json</c>, by which every changed byte is noticed.</summary>
internal sealed class Manifest
{
    public const string FileName = "manifest.json";

    private const int Version = 1;
    private const int MaxBytes = 1 << 20;

    /// <summary>Version of the layout of checkpoints.</summary>
    public required int Format { get; init; }

    /// <summary>The checkpoint's step.</summary>
    public required long Step { get; init; }

    /// <summary>All files but the manifest, by their paths in the folder.</summary>
    public required SortedDictionary<string, FileHash> Files { get; init; }

    /// <summary>Lists and hashes all files of a folder and writes the manifest beside them.</summary>
    public static void Write(string folder, long step)
    {
        var files = new SortedDictionary<string, FileHash>(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            files.Add(Path.GetRelativePath(folder, path).Replace('\\', '/'), FileHash.Of(path));
        }

        var manifest = new Manifest { Format = Version, Step = step, Files = files };
        AtomicFile.WriteAllBytes(Path.Combine(folder, FileName), manifest.ToJson());
    }

    /// <summary>Reads a folder's manifest and compares every file with it.</summary>
    /// <exception cref="TrainingException">A file is missing or damaged; the message names it.</exception>
    public static Manifest Verify(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            Manifest manifest = Parse(path);
            foreach ((string name, FileHash expected) in manifest.Files)
            {
                RequireEqual(folder, name, expected);
            }

            return manifest;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"checkpoint {folder} cannot be read: {error.Message}", error);
        }
    }

    private static Manifest Parse(string path)
    {
        if (!File.Exists(path))
        {
            throw Damaged(path, "it is missing; was the checkpoint copied completely?");
        }

        long bytes = new FileInfo(path).Length;
        if (bytes > MaxBytes)
        {
            throw Damaged(path, $"it has {bytes} bytes, expected are at most {MaxBytes}");
        }

        byte[] text = File.ReadAllBytes(path);
        Manifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(text, TrainingJson.Default.Manifest);
        }
        catch (JsonException error)
        {
            throw new TrainingException($"{Damaged(path, "it is not the list of a checkpoint's files").Message}: {error.Message}", error);
        }

        // Written again it must have the same bytes: this finds changes to which JSON is blind, such as a repeated key.
        if (manifest is null || !manifest.ToJson().AsSpan().SequenceEqual(text))
        {
            throw Damaged(path, "it is not as it was written");
        }

        return manifest.Format == Version ? manifest : throw Damaged(path, $"its format is {manifest.Format}, this version reads {Version}");
    }

    private static void RequireEqual(string folder, string name, FileHash expected)
    {
        // Names come from a file, so they must not lead out of the folder.
        string path = Path.GetFullPath(Path.Combine(folder, name));
        if (!path.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw Damaged(Path.Combine(folder, FileName), $"it lists '{name}', which is outside the folder");
        }

        if (!File.Exists(path))
        {
            throw Damaged(path, "it is missing");
        }

        long bytes = new FileInfo(path).Length;
        if (bytes != expected.Bytes)
        {
            throw Damaged(path, $"it has {bytes} bytes, {expected.Bytes} were saved");
        }

        if (FileHash.Of(path) is var found && found != expected)
        {
            throw Damaged(path, $"its SHA-256 is {found.Sha256}, {expected.Sha256} was saved");
        }
    }

    private static TrainingException Damaged(string path, string problem) => new($"the checkpoint is damaged: {path}: {problem}");

    private byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TrainingJson.Default.Manifest);
}
