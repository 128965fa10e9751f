using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>A GGUF file (version 2 or 3, little-endian), opened for reading: its head is checked at once, tensors are read and dequantised on demand, under the names of the file.</summary>
/// <remarks>Source: the GGUF specification, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.</remarks>
public sealed class GgufFile : ITensorSource
{
    private const int ChunkBytes = 1 << 17;

    /// <summary>Longest row that is given block by block: rows are read some at a time into arrays.</summary>
    private const int MostBlockColumns = 1 << 24;

    private readonly ReadableFile _file;
    private readonly GgufHead _head;

    private GgufFile(ReadableFile file, GgufHead head)
    {
        _file = file;
        _head = head;
    }

    /// <inheritdoc/>
    public string Location => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _head.Tensors.Keys;

    /// <summary>Version of the format: 2 or 3.</summary>
    public uint Version => _head.Version;

    /// <summary>Multiple of bytes at which tensors begin; 32 unless the metadata says otherwise.</summary>
    public int Alignment => _head.Alignment;

    /// <summary>Keys and values.</summary>
    public GgufMetadata Metadata => _head.Metadata;

    /// <summary>All tensors in file order, with their types in the file.</summary>
    public IEnumerable<GgufTensor> Tensors => _head.Tensors.Values.Select(t => t.Tensor);

    /// <summary>Whether a file begins as GGUF files do.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool HasMagic(string path)
    {
        Span<byte> start = stackalloc byte[sizeof(uint)];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && BinaryPrimitives.ReadUInt32LittleEndian(start) == GgufHead.Magic;
    }

    /// <summary>Opens a file and checks its head: sizes, names, types, and that the tensors lie inside the file without overlaps.</summary>
    /// <exception cref="ModelFileException">The file cannot be opened or is not a valid GGUF file.</exception>
    public static GgufFile Open(string path)
    {
        ReadableFile file = ReadableFile.Open(path);
        try
        {
            return new GgufFile(file, GgufHead.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer in the metadata, or null when there is none.</summary>
    /// <exception cref="ModelFileException">Its arrays are of the wrong kind or length, or an id is beyond the tokens.</exception>
    public GgufTokenizerSource? ReadTokenizer() => GgufTokenizerMetadata.Read(Metadata);

    /// <inheritdoc/>
    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        bool found = _head.Tensors.TryGetValue(name, out GgufHead.Entry? entry);
        info = entry?.Info;
        return found;
    }

    /// <summary>Reads a part of a tensor as it is in the file, without dequantising.</summary>
    /// <exception cref="ModelFileException">There is no such tensor, the part is not inside it, or the file ends early.</exception>
    public void ReadRaw(string name, long byteOffset, Span<byte> destination)
    {
        GgufHead.Entry entry = Find(name);
        if (byteOffset < 0 || byteOffset > entry.Tensor.ByteCount - destination.Length)
        {
            throw ModelFileException.At(Location, $"tensor '{name}'", $"bytes {byteOffset} to {byteOffset + destination.Length} were asked for, but the tensor has {entry.Tensor.ByteCount}");
        }

        _file.Read(entry.Begin + byteOffset, destination);
    }

    /// <inheritdoc/>
    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        GgufHead.Entry entry = Find(name);
        TensorSources.RequireInside(this, entry.Info, byteOffset, destination.Length);
        if (entry.Tensor.Type.BlockElements == 1)
        {
            _file.Read(entry.Begin + byteOffset, destination);
            return;
        }

        if (byteOffset % sizeof(float) != 0 || destination.Length % sizeof(float) != 0)
        {
            throw ModelFileException.At(Location, $"tensor '{name}'", $"is dequantised to F32, so parts begin and end at whole elements, found bytes {byteOffset} to {byteOffset + destination.Length}");
        }

        ReadBlocks(entry, byteOffset / sizeof(float), MemoryMarshal.Cast<byte, float>(destination));
    }

    /// <inheritdoc/>
    public IBlockMatrix? TryOpenBlocks(string name) => Find(name) is var entry && entry.Tensor is { Shape.Rank: >= 2, Type.Format: not null }
        && entry.Tensor.Shape[-1] is > 0 and <= MostBlockColumns && entry.Tensor.Shape.Count / entry.Tensor.Shape[-1] <= int.MaxValue && entry.Tensor.Shape[-1] % entry.Tensor.Type.BlockElements == 0
            ? new GgufBlockMatrix(this, entry.Tensor)
            : null;

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private GgufHead.Entry Find(string name) => _head.Tensors.TryGetValue(name, out GgufHead.Entry? entry) ? entry : throw TensorSources.Missing(this, name);

    private void ReadBlocks(GgufHead.Entry entry, long element, Span<float> destination)
    {
        GgufType type = entry.Tensor.Type;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        int chunkBlocks = ChunkBytes / type.BlockBytes;
        Span<float> block = stackalloc float[type.BlockElements];
        while (!destination.IsEmpty)
        {
            long first = element / type.BlockElements;
            int skipped = (int)(element % type.BlockElements);
            int blocks = (int)Math.Min(chunkBlocks, ((long)skipped + destination.Length + type.BlockElements - 1) / type.BlockElements);
            Span<byte> bytes = buffer.AsSpan(0, blocks * type.BlockBytes);
            _file.Read(entry.Begin + (first * type.BlockBytes), bytes);
            int whole = destination.Length / type.BlockElements;
            int count;
            if (skipped == 0 && whole > 0)
            {
                blocks = Math.Min(blocks, whole);
                count = blocks * type.BlockElements;
                type.Dequantize(bytes[..(blocks * type.BlockBytes)], destination[..count]);
            }
            else
            {
                // A part that begins or ends inside a block.
                type.Dequantize(bytes[..type.BlockBytes], block);
                count = Math.Min(type.BlockElements - skipped, destination.Length);
                block.Slice(skipped, count).CopyTo(destination);
            }

            element += count;
            destination = destination[count..];
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
