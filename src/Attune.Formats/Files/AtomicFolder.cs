namespace Attune.Formats;

/// <summary>Writes a folder that appears under its name complete or not at all: to a temporary folder beside it, flushed to the disk, renamed into place.</summary>
/// <remarks>The temporary name is fixed (<c>.NAME.tmp</c>), so that what a killed process left is removed by the next attempt. One writer per folder at a time.</remarks>
public sealed class AtomicFolder : IDisposable
{
    private readonly string _asidePath;
    private bool _committed;

    private AtomicFolder(string path)
    {
        Path = path;
        string parent = System.IO.Path.GetDirectoryName(path) ?? throw new IOException($"{path} is a root and cannot be replaced");
        TemporaryPath = System.IO.Path.Combine(parent, $".{System.IO.Path.GetFileName(path)}.tmp");
        _asidePath = System.IO.Path.Combine(parent, $".{System.IO.Path.GetFileName(path)}.old");
    }

    /// <summary>Full path that the folder has after <see cref="Commit"/>.</summary>
    public string Path { get; }

    /// <summary>Full path of the folder to write into.</summary>
    public string TemporaryPath { get; }

    /// <summary>Starts an empty folder; its parents are created when they do not exist.</summary>
    /// <exception cref="IOException">The temporary folder cannot be created.</exception>
    public static AtomicFolder Create(string path)
    {
        var folder = new AtomicFolder(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        folder.Recover();
        DeleteIfPresent(folder.TemporaryPath);
        Directory.CreateDirectory(folder.TemporaryPath);
        return folder;
    }

    /// <summary>Flushes all files and folders to the disk and puts the folder into place; an older folder of that name is replaced as a whole.</summary>
    /// <exception cref="IOException">The disk is full or the name cannot be taken.</exception>
    public void Commit()
    {
        foreach (string file in Directory.EnumerateFiles(TemporaryPath, "*", SearchOption.AllDirectories))
        {
            // A descriptor for writing, because some systems refuse to flush one that can only read.
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }

        foreach (string folder in Directory.EnumerateDirectories(TemporaryPath, "*", SearchOption.AllDirectories))
        {
            DirectoryFlush.ToDisk(folder);
        }

        DirectoryFlush.ToDisk(TemporaryPath);
        PutIntoPlace();
        _committed = true;
    }

    /// <summary>Deletes what was written when <see cref="Commit"/> was not reached.</summary>
    public void Dispose()
    {
        if (!_committed)
        {
            DeleteIfPresent(TemporaryPath);
        }
    }

    // A folder with contents cannot be renamed over, so the old one steps aside first. A crash between the two renames leaves both complete; Recover then takes the old one back.
    private void PutIntoPlace()
    {
        bool replaces = Directory.Exists(Path);
        if (replaces)
        {
            DeleteIfPresent(_asidePath);
            Directory.Move(Path, _asidePath);
        }

        try
        {
            Directory.Move(TemporaryPath, Path);
        }
        catch
        {
            Recover();
            throw;
        }

        DirectoryFlush.ToDisk(System.IO.Path.GetDirectoryName(Path)!);
        if (replaces)
        {
            DeleteIfPresent(_asidePath);
        }
    }

    private void Recover()
    {
        if (!Directory.Exists(Path) && Directory.Exists(_asidePath))
        {
            Directory.Move(_asidePath, Path);
        }
    }

    private static void DeleteIfPresent(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
