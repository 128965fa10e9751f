using Microsoft.Win32.SafeHandles;

namespace Attune.Formats;

/// <summary>A file that is read at positions, from any thread; a file that is shorter than expected gives a typed error.</summary>
internal sealed class ReadableFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private ReadableFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    public long Length { get; }

    public static ReadableFile Open(string path)
    {
        ReadableFile file;
        try
        {
            file = new ReadableFile(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ModelFileException($"file: {path}: cannot be opened: {e.Message}", e);
        }

        file.RefusePointer();
        return file;
    }

    /// <summary>Reads a whole small file, such as a configuration.</summary>
    public static byte[] ReadAll(string path, long limitBytes)
    {
        using ReadableFile file = Open(path);
        if (file.Length > limitBytes)
        {
            throw new ModelFileException($"file: {path}: expected at most {limitBytes} bytes, found {file.Length}");
        }

        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    public void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(_handle, destination, offset);
            if (count == 0)
            {
                throw ModelFileException.At(Path, $"byte {offset}", $"expected {destination.Length} more bytes, found the end of the file; it is truncated, fetch it again");
            }

            offset += count;
            destination = destination[count..];
        }
    }

    public void Dispose() => _handle.Dispose();

    private void RefusePointer()
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(Length, GitLfsPointer.Start.Length)];
        Read(0, start);
        if (GitLfsPointer.IsOne(start))
        {
            Dispose();
            throw new ModelFileException($"file: {Path}: {GitLfsPointer.Message}");
        }
    }
}
