using Attune.Data.Compression;
using Attune.Formats;

namespace Attune.Data.Rows;

/// <summary>A file to read rows from; gzip is undone on the way.</summary>
public sealed class DataFile
{
    private readonly Func<Stream> _open;

    /// <summary>A file on the disk; its name is the path as given.</summary>
    public DataFile(string path)
        : this(path, () => OpenPath(path))
    {
    }

    /// <summary>Rows from any stream that can be opened again and again.</summary>
    /// <param name="name">Name for messages and for the choice of the format.</param>
    /// <param name="open">Opens the stream at its beginning.</param>
    public DataFile(string name, Func<Stream> open)
    {
        Name = name;
        _open = open;
    }

    /// <summary>The data files that a path names: a file itself, or the files of a folder that the <c>datasets</c> library saved.</summary>
    /// <exception cref="DataException">The folder is none of that library, or has several splits of which one has to be named.</exception>
    public static IReadOnlyList<DataFile> At(string path) => Directory.Exists(path) ? DatasetFolder.Files(path) : [new DataFile(path)];

    /// <summary>The name that messages use.</summary>
    public string Name { get; }

    /// <summary>Whether the name says that the content is gzipped.</summary>
    public bool IsGzip => Name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>The extension that says what the content is, with its dot, in lower case, without <c>.gz</c>.</summary>
    public string ContentExtension =>
#pragma warning disable CA1308 // extensions are compared with lists written in lower case
        Path.GetExtension(IsGzip ? Name[..^3] : Name).ToLowerInvariant();
#pragma warning restore CA1308

    /// <summary>Opens the content at its beginning, unzipped.</summary>
    /// <exception cref="DataException">The file does not exist or may not be read, or is the pointer to one.</exception>
    public Stream Open()
    {
        Stream stream = _open();
        RefusePointer(stream);
        return IsGzip ? new WholeGzipStream(stream) : stream;
    }

    /// <summary>Fills <paramref name="buffer"/> as far as the stream goes, and turns the errors of disk and gzip into data errors.</summary>
    internal int Read(Stream stream, Span<byte> buffer)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw new DataException($"{Name}: {e.Message}.", e);
        }
        catch (IOException e)
        {
            throw new DataException($"{Name}: cannot be read ({e.Message}).", e);
        }
    }

    // A clone of a repository without Git LFS has such texts in the place of its large files.
    private void RefusePointer(Stream stream)
    {
        if (!stream.CanSeek)
        {
            return;
        }

        Span<byte> start = stackalloc byte[GitLfsPointer.Start.Length];
        int read = 0;
        for (int more = 1; more > 0 && read < start.Length; read += more)
        {
            more = Read(stream, start[read..]);
        }

        stream.Position = 0;
        if (GitLfsPointer.IsOne(start[..read]))
        {
            stream.Dispose();
            throw new DataException($"{Name}: {GitLfsPointer.Message}.");
        }
    }

    private static FileStream OpenPath(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"{path}: there is no such data file.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DataException(
                Directory.Exists(path) ? $"{path}: this is a folder; name the data files in it." : $"{path}: may not be read; check its permissions.", e);
        }
        catch (IOException e)
        {
            throw new DataException($"{path}: cannot be opened ({e.Message}).", e);
        }
    }
}
