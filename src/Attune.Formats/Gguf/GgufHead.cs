using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>The head of a GGUF file: version, metadata and where each tensor lies.</summary>
internal sealed class GgufHead
{
    public const uint Magic = 0x4655_4747;

    public const string AlignmentKey = "general.alignment";

    public const int DefaultAlignment = 32;

    private const uint OldestVersion = 2;

    private const uint NewestVersion = 3;

    private const int LeastTensorBytes = 24;

    private const int LeastPairBytes = 13;

    private GgufHead(GgufMetadata metadata)
    {
        Metadata = metadata;
    }

    public uint Version { get; private set; }

    public int Alignment { get; private set; } = DefaultAlignment;

    public GgufMetadata Metadata { get; }

    public OrderedDictionary<string, Entry> Tensors { get; } = new(StringComparer.Ordinal);

    public static GgufHead Read(ReadableFile file)
    {
        var head = new GgufHead(new GgufMetadata(file.Path));
        var cursor = new GgufCursor(file);
        uint magic = cursor.ReadUInt32("magic number");
        if (magic != Magic)
        {
            throw ModelFileException.At(file.Path, "byte 0", $"expected \"GGUF\", found 0x{magic.ToString("x8", CultureInfo.InvariantCulture)}; this is no GGUF file");
        }

        head.Version = cursor.ReadUInt32("version");
        if (head.Version is < OldestVersion or > NewestVersion)
        {
            throw cursor.Bad(BinaryPrimitives.ReverseEndianness(head.Version) is >= OldestVersion and <= NewestVersion
                ? "the file is for big-endian machines; convert it to little-endian"
                : $"expected GGUF version {OldestVersion} or {NewestVersion}, found {head.Version}");
        }

        int tensors = cursor.ReadCount("number of tensors", LeastTensorBytes, int.MaxValue);
        int pairs = cursor.ReadCount("number of metadata keys", LeastPairBytes, int.MaxValue);
        head.ReadMetadata(cursor, pairs);
        for (int i = 0; i < tensors; i++)
        {
            head.ReadTensor(cursor, i);
        }

        head.CheckLayout(file, TensorRegions.Align(cursor.Position, head.Alignment));
        return head;
    }

    private void ReadMetadata(GgufCursor cursor, int count)
    {
        for (int i = 0; i < count; i++)
        {
            string key = cursor.ReadText($"metadata key {i}");
            if (Metadata.ContainsKey(key))
            {
                throw cursor.Bad($"the metadata key '{key}' stands in the file twice");
            }

            Metadata[key] = cursor.ReadValue(key);
        }

        int? alignment = Metadata.GetInt32(AlignmentKey);
        if (alignment is < 1 or > 1 << 20 || !BitOperations.IsPow2(alignment ?? DefaultAlignment))
        {
            throw cursor.Bad($"key '{AlignmentKey}': expected a power of two up to 2^20, found {alignment}");
        }

        Alignment = alignment ?? DefaultAlignment;
    }

    private void ReadTensor(GgufCursor cursor, int index)
    {
        string name = cursor.ReadText($"name of tensor {index}");
        uint rank = cursor.ReadUInt32($"number of dimensions of tensor '{name}'");
        if (rank > Shape.MaxRank)
        {
            throw cursor.Bad($"tensor '{name}': expected at most {Shape.MaxRank} dimensions, found {rank}");
        }

        Span<long> extents = stackalloc long[(int)rank];
        for (int i = extents.Length - 1; i >= 0; i--)
        {
            ulong extent = cursor.ReadUInt64($"dimensions of tensor '{name}'");
            extents[i] = extent <= long.MaxValue ? (long)extent : throw cursor.Bad($"tensor '{name}': expected a dimension below 2^63, found {extent}");
        }

        uint id = cursor.ReadUInt32($"type of tensor '{name}'");
        GgufType type = KnownGgufTypes.ById(id)
            ?? throw cursor.Bad($"tensor '{name}': expected one of the types {string.Join(", ", KnownGgufTypes.All)}, found type number {id}; convert the file to one of them");
        if (type.BlockElements > 1 && (rank == 0 || extents[^1] % type.BlockElements != 0))
        {
            throw cursor.Bad($"tensor '{name}': expected rows of a multiple of {type.BlockElements} elements for {type}, found {(rank == 0 ? 1 : extents[^1])}");
        }

        ulong offset = cursor.ReadUInt64($"offset of tensor '{name}'");
        if (offset > long.MaxValue || offset % (ulong)Alignment != 0)
        {
            throw cursor.Bad($"tensor '{name}': expected an offset that is a multiple of {Alignment}, found {offset}");
        }

        Add(cursor, name, extents, type, (long)offset);
    }

    private void Add(GgufCursor cursor, string name, ReadOnlySpan<long> extents, GgufType type, long offset)
    {
        try
        {
            var entry = new Entry(new GgufTensor(name, new Shape(extents), type), offset);
            _ = entry.Tensor.ByteCount + entry.Info.ByteCount;
            if (!Tensors.TryAdd(name, entry))
            {
                throw cursor.Bad($"the tensor '{name}' stands in the file twice");
            }
        }
        catch (Exception e) when (e is TensorException or OverflowException)
        {
            throw cursor.Bad($"tensor '{name}': its size is beyond what 64 bits can count", e);
        }
    }

    private void CheckLayout(ReadableFile file, long dataStart)
    {
        long end = 0;
        foreach (Entry entry in Tensors.Values.OrderBy(t => t.Begin).ThenBy(t => t.Tensor.ByteCount))
        {
            long bytes = entry.Tensor.ByteCount;
            if (entry.Begin < end)
            {
                throw ModelFileException.At(file.Path, $"tensor '{entry.Tensor.Name}'", $"begins at byte {entry.Begin} of the data, inside the tensor before it, which ends at {end}");
            }

            if (dataStart > file.Length || entry.Begin > file.Length - dataStart || bytes > file.Length - dataStart - entry.Begin)
            {
                throw ModelFileException.At(file.Path, $"tensor '{entry.Tensor.Name}'", $"takes {bytes} bytes from byte {entry.Begin} of the data on, but the file has {Math.Max(0, file.Length - dataStart)} bytes of data; it is truncated, fetch it again");
            }

            end = entry.Begin + bytes;
            entry.Begin += dataStart;
        }
    }

    /// <summary>A tensor and its first byte: in the data while the head is read, in the file afterwards.</summary>
    internal sealed class Entry(GgufTensor tensor, long begin)
    {
        public GgufTensor Tensor => tensor;

        public TensorInfo Info { get; } = new(tensor.Name, tensor.Type.DType, tensor.Shape) { StoredAs = tensor.Type.Name };

        public long Begin { get; set; } = begin;
    }
}
