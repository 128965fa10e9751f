using System.Buffers;
using System.Runtime.InteropServices;

namespace Attune.Formats;

/// <summary>Writes a safetensors file, tensor by tensor in any order, with the same bytes as the reference implementation; the file appears complete or not at all.</summary>
public sealed class SafetensorsWriter : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    private readonly TensorRegions _regions;
    private readonly Dictionary<string, TensorInfo> _tensors;

    private SafetensorsWriter(TensorRegions regions, Dictionary<string, TensorInfo> tensors)
    {
        _regions = regions;
        _tensors = tensors;
    }

    /// <summary>Starts a file with all its tensors named; the contents follow.</summary>
    /// <param name="path">The file; an older one is replaced on <see cref="Commit"/>.</param>
    /// <param name="tensors">Name, type and extents of every tensor, in any order.</param>
    /// <param name="metadata">Texts of <c>__metadata__</c>, written in this order; null: none. Hugging Face's loaders want <c>format</c> = <c>pt</c>.</param>
    /// <exception cref="ArgumentException">Two tensors have the same name, or one has the name <c>__metadata__</c>.</exception>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static SafetensorsWriter Create(string path, IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        List<TensorInfo> ordered = SafetensorsLayout.Sort(tensors);
        if (ordered.Exists(t => t.Name == SafetensorsHeader.MetadataKey))
        {
            throw new ArgumentException($"the tensor name '{SafetensorsHeader.MetadataKey}' is reserved", nameof(tensors));
        }

        byte[] header = SafetensorsLayout.Header(ordered, metadata);
        TensorRegions regions = TensorRegions.Create(path, header, ordered.Select(t => (t.Name, t.ByteCount)), alignment: 1);
        return new SafetensorsWriter(regions, ordered.ToDictionary(t => t.Name, StringComparer.Ordinal));
    }

    /// <summary>Writes all tensors of a source into a new file, without holding more than a piece of one in memory.</summary>
    /// <exception cref="ModelFileException">The source cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, ITensorSource source, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using SafetensorsWriter writer = Create(path, source.Names.Select(n => source.Info(n)), metadata);
        foreach (string name in source.Names)
        {
            writer.Copy(name, source, name);
        }

        writer.Commit();
    }

    /// <summary>Writes a whole tensor.</summary>
    /// <exception cref="ArgumentException">No such tensor was named, or its size differs.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write<T>(string name, ReadOnlySpan<T> contents)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(contents);
        if (bytes.Length != Find(name).ByteCount)
        {
            throw new ArgumentException($"tensor '{name}' takes {Find(name).ByteCount} bytes, found {bytes.Length}", nameof(contents));
        }

        _regions.Write(name, 0, bytes);
    }

    /// <summary>Writes a part of a tensor from a byte offset on; every byte is written once.</summary>
    /// <exception cref="ArgumentException">No such tensor was named, or the part is not inside it.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WritePart(string name, long byteOffset, ReadOnlySpan<byte> contents) => _regions.Write(name, byteOffset, contents);

    /// <summary>Copies a tensor of the same type and extents from a source, in pieces.</summary>
    /// <exception cref="ArgumentException">No such tensor was named, or its type or extents differ.</exception>
    /// <exception cref="ModelFileException">The source cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Copy(string name, ITensorSource source, string sourceName)
    {
        TensorInfo info = Find(name);
        TensorInfo from = source.Info(sourceName);
        if (from.DType != info.DType || from.Shape != info.Shape)
        {
            throw new ArgumentException($"tensor '{name}' is {info.DType} {info.Shape}, but '{sourceName}' is {from.DType} {from.Shape}", nameof(sourceName));
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkBytes, Math.Max(1, info.ByteCount)));
        for (long offset = 0; offset < info.ByteCount;)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, info.ByteCount - offset));
            source.Read(sourceName, offset, piece);
            WritePart(name, offset, piece);
            offset += piece.Length;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Flushes the file to the disk and puts it into place.</summary>
    /// <exception cref="InvalidOperationException">A tensor was not written, or not exactly once.</exception>
    /// <exception cref="IOException">The disk is full or the name cannot be taken.</exception>
    public void Commit() => _regions.Commit();

    /// <summary>Closes the file and, when <see cref="Commit"/> was not reached, deletes what was written.</summary>
    public void Dispose() => _regions.Dispose();

    private TensorInfo Find(string name) =>
        _tensors.TryGetValue(name, out TensorInfo? info) ? info : throw new ArgumentException($"no tensor '{name}' was named when the file was started", nameof(name));
}
