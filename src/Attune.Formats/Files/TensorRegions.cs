namespace Attune.Formats;

/// <summary>A file under construction: a header, then named regions that are filled in any order and piece by piece.</summary>
internal sealed class TensorRegions : IDisposable
{
    private readonly AtomicFile _file;
    private readonly Dictionary<string, Region> _regions = new(StringComparer.Ordinal);

    private TensorRegions(AtomicFile file)
    {
        _file = file;
    }

    /// <summary>Starts a file; every region begins, and the file ends, at a multiple of <paramref name="alignment"/> bytes after the header.</summary>
    public static TensorRegions Create(string path, ReadOnlySpan<byte> header, IEnumerable<(string Name, long Bytes)> regions, int alignment)
    {
        var file = new TensorRegions(AtomicFile.Create(path));
        try
        {
            long position = header.Length;
            foreach ((string name, long bytes) in regions)
            {
                if (!file._regions.TryAdd(name, new Region(position, bytes)))
                {
                    throw new ArgumentException($"the tensor name '{name}' is given twice", nameof(regions));
                }

                position = checked(position + Align(bytes, alignment));
            }

            // The length now, so that a full disk is noticed early where the system can tell, and the padding is there.
            RandomAccess.SetLength(file._file.Handle, position);
            RandomAccess.Write(file._file.Handle, header, 0);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The next multiple of an alignment.</summary>
    public static long Align(long bytes, int alignment) => checked(bytes + alignment - 1) / alignment * alignment;

    public void Write(string name, long offset, ReadOnlySpan<byte> contents)
    {
        if (!_regions.TryGetValue(name, out Region? region))
        {
            throw new ArgumentException($"no tensor '{name}' was named when {_file.Path} was started", nameof(name));
        }

        if (offset < 0 || offset > region.Bytes - contents.Length)
        {
            throw new ArgumentException($"bytes {offset} to {offset + contents.Length} are not inside tensor '{name}' of {region.Bytes} bytes", nameof(offset));
        }

        RandomAccess.Write(_file.Handle, contents, region.Begin + offset);
        region.Written += contents.Length;
    }

    public void Commit()
    {
        string[] unwritten = [.. _regions.Where(r => r.Value.Written != r.Value.Bytes).Select(r => r.Key)];
        if (unwritten.Length > 0)
        {
            throw new InvalidOperationException($"{unwritten.Length} tensors of {_file.Path} were not written exactly once: {string.Join(", ", unwritten.Take(10))}");
        }

        _file.Commit();
    }

    public void Dispose() => _file.Dispose();

    private sealed class Region(long begin, long bytes)
    {
        public long Begin => begin;

        public long Bytes => bytes;

        public long Written { get; set; }
    }
}
