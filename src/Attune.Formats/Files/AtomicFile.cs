using Microsoft.Win32.SafeHandles;

namespace Attune.Formats;

/// <summary>Writes a file that appears under its name complete or not at all: to a temporary file beside it, flushed to the disk, renamed into place.</summary>
/// <remarks>The temporary name is fixed (<c>.NAME.tmp</c>), so that what a killed process left is overwritten by the next attempt. One writer per file at a time.</remarks>
public sealed class AtomicFile : IDisposable
{
    private const int CopyBytes = 1 << 17;

    private readonly string _temporaryPath;
    private readonly SafeFileHandle _handle;
    private bool _committed;

    private AtomicFile(string path, string temporaryPath, SafeFileHandle handle)
    {
        Path = path;
        _temporaryPath = temporaryPath;
        _handle = handle;
    }

    /// <summary>Full path that the file has after <see cref="Commit"/>.</summary>
    public string Path { get; }

    /// <summary>The open temporary file, for positioned writes.</summary>
    public SafeFileHandle Handle => _handle;

    /// <summary>Starts a file; its folder is created when it does not exist.</summary>
    /// <exception cref="IOException">The temporary file cannot be created, or another process is writing it.</exception>
    public static AtomicFile Create(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        string folder = System.IO.Path.GetDirectoryName(full) ?? throw new IOException($"{path} names a root, not a file");
        Directory.CreateDirectory(folder);
        string temporary = System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(full)}.tmp");
        return new AtomicFile(full, temporary, File.OpenHandle(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None));
    }

    /// <summary>Writes a whole file from bytes.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> contents)
    {
        using AtomicFile file = Create(path);
        RandomAccess.Write(file.Handle, contents, 0);
        file.Commit();
    }

    /// <summary>Writes a whole file from text, in UTF-8 without a byte order mark.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteAllText(string path, string contents) => WriteAllBytes(path, System.Text.Encoding.UTF8.GetBytes(contents));

    /// <summary>Copies the contents of a file, not who may do what with it: the copy of what can only be read can be written.</summary>
    /// <exception cref="IOException">The source cannot be read or the file cannot be written.</exception>
    public static void Copy(string source, string path)
    {
        using FileStream contents = File.OpenRead(source);
        using AtomicFile file = Create(path);
        byte[] piece = new byte[CopyBytes];
        long offset = 0;
        for (int read; (read = contents.Read(piece)) > 0; offset += read)
        {
            RandomAccess.Write(file.Handle, piece.AsSpan(0, read), offset);
        }

        file.Commit();
    }

    /// <summary>Flushes the contents to the disk, puts the file into place (an older one is replaced) and flushes its folder.</summary>
    /// <exception cref="IOException">The disk is full or the name cannot be taken.</exception>
    public void Commit()
    {
        RandomAccess.FlushToDisk(_handle);
        _handle.Dispose();
        File.Move(_temporaryPath, Path, overwrite: true);
        _committed = true;
        DirectoryFlush.ToDisk(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>Closes the file and, when <see cref="Commit"/> was not reached, deletes what was written.</summary>
    public void Dispose()
    {
        _handle.Dispose();
        if (!_committed)
        {
            File.Delete(_temporaryPath);
        }
    }
}
