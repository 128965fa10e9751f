using System.Buffers;
using System.Text;

namespace Attune.Formats;

/// <summary>Writes a GGUF file (version 3), tensor by tensor in any order; the file appears complete or not at all.</summary>
public sealed class GgufWriter : IDisposable
{
    private const uint Version = 3;

    private const int ChunkElements = 1 << 18;

    // A multiple of every block; parts are packed side by side.
    private const int PartElements = 1 << 13;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly TensorRegions _regions;
    private readonly Dictionary<string, GgufTensor> _tensors;

    private GgufWriter(TensorRegions regions, Dictionary<string, GgufTensor> tensors)
    {
        _regions = regions;
        _tensors = tensors;
    }

    /// <summary>Starts a file with its metadata and all its tensors named; the contents follow.</summary>
    /// <param name="path">The file; an older one is replaced on <see cref="Commit"/>.</param>
    /// <param name="metadata">Keys and values, written in this order; <c>general.alignment</c> is obeyed (default 32).</param>
    /// <param name="tensors">Name, extents and type of every tensor, in file order.</param>
    /// <exception cref="ArgumentException">Two tensors have the same name, or rows do not divide into blocks.</exception>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static GgufWriter Create(string path, GgufMetadata metadata, IReadOnlyCollection<GgufTensor> tensors)
    {
        int alignment = metadata.GetInt32(GgufHead.AlignmentKey) ?? GgufHead.DefaultAlignment;
        byte[] head = Head(metadata, tensors, alignment);
        TensorRegions regions = TensorRegions.Create(path, head, tensors.Select(t => (t.Name, t.ByteCount)), alignment);
        return new GgufWriter(regions, tensors.ToDictionary(t => t.Name, StringComparer.Ordinal));
    }

    /// <summary>Writes a part of a tensor as bytes of its type, from a byte offset on; every byte is written once.</summary>
    /// <exception cref="ArgumentException">No such tensor was named, or the part is not inside it.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteRaw(string name, long byteOffset, ReadOnlySpan<byte> contents) => _regions.Write(name, byteOffset, contents);

    /// <summary>Writes a tensor from single-precision values that are asked for piece by piece and packed into its type.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="read">Fills a piece with the values from an element on (row-major).</param>
    /// <exception cref="ArgumentException">No such tensor was named.</exception>
    /// <exception cref="NotSupportedException">Its type can only be read.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string name, ElementReader read)
    {
        GgufTensor tensor = _tensors.TryGetValue(name, out GgufTensor? found) ? found : throw new ArgumentException($"no tensor '{name}' was named when the file was started", nameof(name));
        int chunk = (int)Math.Min(ChunkElements, tensor.Shape.Count);
        float[] values = ArrayPool<float>.Shared.Rent(chunk);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(chunk / tensor.Type.BlockElements * tensor.Type.BlockBytes);
        for (long element = 0; element < tensor.Shape.Count;)
        {
            int count = (int)Math.Min(chunk, tensor.Shape.Count - element);
            int blocks = count / tensor.Type.BlockElements;
            read(element, values.AsSpan(0, count));
            Quantize(tensor.Type, values, bytes, count);
            _regions.Write(name, element / tensor.Type.BlockElements * tensor.Type.BlockBytes, bytes.AsSpan(0, blocks * tensor.Type.BlockBytes));
            element += count;
        }

        ArrayPool<byte>.Shared.Return(bytes);
        ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>Flushes the file to the disk and puts it into place.</summary>
    /// <exception cref="InvalidOperationException">A tensor was not written, or not exactly once.</exception>
    /// <exception cref="IOException">The disk is full or the name cannot be taken.</exception>
    public void Commit() => _regions.Commit();

    /// <summary>Closes the file and, when <see cref="Commit"/> was not reached, deletes what was written.</summary>
    public void Dispose() => _regions.Dispose();

    private static void Quantize(GgufType type, float[] values, byte[] bytes, int count)
    {
        int partBytes = PartElements / type.BlockElements * type.BlockBytes;
        Parallel.For(0, (count + PartElements - 1) / PartElements, part =>
        {
            int elements = Math.Min(PartElements, count - (part * PartElements));
            type.Quantize(values.AsSpan(part * PartElements, elements), bytes.AsSpan(part * partBytes, elements / type.BlockElements * type.BlockBytes));
        });
    }

    private static byte[] Head(GgufMetadata metadata, IReadOnlyCollection<GgufTensor> tensors, int alignment)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(GgufHead.Magic);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Pairs.Count);
        foreach ((string key, object value) in metadata.Pairs)
        {
            WriteText(writer, key);
            writer.Write(GgufValueTypes.IdOf(value.GetType()));
            WriteValue(writer, value);
        }

        long offset = 0;
        foreach (GgufTensor tensor in tensors)
        {
            WriteTensor(writer, tensor, offset);
            offset = checked(offset + TensorRegions.Align(tensor.ByteCount, alignment));
        }

        stream.SetLength(TensorRegions.Align(stream.Length, alignment));
        return stream.ToArray();
    }

    private static void WriteTensor(BinaryWriter writer, GgufTensor tensor, long offset)
    {
        if (tensor.Type.BlockElements > 1 && (tensor.Shape.Rank == 0 || tensor.Shape[-1] % tensor.Type.BlockElements != 0))
        {
            throw new ArgumentException($"tensor '{tensor.Name}' {tensor.Shape} cannot be {tensor.Type}: its rows are no multiple of {tensor.Type.BlockElements} elements");
        }

        WriteText(writer, tensor.Name);
        writer.Write((uint)tensor.Shape.Rank);
        for (int i = tensor.Shape.Rank - 1; i >= 0; i--)
        {
            writer.Write((ulong)tensor.Shape[i]);
        }

        writer.Write(tensor.Type.Id);
        writer.Write((ulong)offset);
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = StrictUtf8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                WriteText(writer, text);
                break;
            case Array array:
                writer.Write(GgufValueTypes.IdOf(array.GetType().GetElementType()!));
                writer.Write((ulong)array.Length);
                WriteElements(writer, array);
                break;
            default:
                var single = Array.CreateInstance(value.GetType(), 1);
                single.SetValue(value, 0);
                WriteElements(writer, single);
                break;
        }
    }

    private static void WriteElements(BinaryWriter writer, Array array)
    {
        if (array is string[] or Array[])
        {
            foreach (object element in array)
            {
                WriteValue(writer, element);
            }

            return;
        }

        // Elements of .NET arrays of numbers and truth values lie in memory as they do in the file.
        var bytes = new byte[Buffer.ByteLength(array)];
        Buffer.BlockCopy(array, 0, bytes, 0, bytes.Length);
        writer.Write(bytes);
    }
}

/// <summary>Fills a piece with the values of a tensor from an element on (row-major).</summary>
/// <param name="element">Index of the first element.</param>
/// <param name="destination">The piece.</param>
public delegate void ElementReader(long element, Span<float> destination);
