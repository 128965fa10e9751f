using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>The header of a safetensors file, read strictly: every byte of the data belongs to exactly one tensor.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Largest header that is read, as in the reference implementation.</summary>
    public const int MaxBytes = 100_000_000;

    public const int LengthBytes = 8;

    public const string MetadataKey = "__metadata__";

    private readonly string _path;

    private SafetensorsHeader(string path)
    {
        _path = path;
    }

    /// <summary>Where the data begins in the file.</summary>
    public long DataStart { get; private set; }

    /// <summary>Tensors in the order of the header, with their first byte in the data.</summary>
    public OrderedDictionary<string, (TensorInfo Info, long Begin)> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>The free text map, or null when the header has none.</summary>
    public OrderedDictionary<string, string>? Metadata { get; private set; }

    public static SafetensorsHeader Read(ReadableFile file)
    {
        var header = new SafetensorsHeader(file.Path);
        if (file.Length < LengthBytes + 2)
        {
            throw header.Bad("byte 0", $"expected a safetensors file of at least {LengthBytes + 2} bytes, found {file.Length}");
        }

        Span<byte> prefix = stackalloc byte[LengthBytes];
        file.Read(0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        ulong left = (ulong)(file.Length - LengthBytes);
        if (length < 2 || length > Math.Min(left, MaxBytes))
        {
            throw header.Bad("byte 0", $"expected a header length from 2 to {Math.Min(left, MaxBytes)}, found {length}; the file is truncated or no safetensors file");
        }

        var bytes = new byte[length];
        file.Read(LengthBytes, bytes);
        header.DataStart = LengthBytes + bytes.Length;
        header.Parse(bytes);
        header.CheckLayout(file.Length - header.DataStart);
        return header;
    }

    private void Parse(byte[] bytes)
    {
        if (bytes[0] != (byte)'{' || !Utf8.IsValid(bytes))
        {
            throw Bad("header", "expected a JSON object in UTF-8");
        }

        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 4 });
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                if (name == MetadataKey)
                {
                    ParseMetadata(ref reader);
                }
                else
                {
                    ParseTensor(name, ref reader);
                }
            }

            // The reader itself refuses anything but white space after the object.
            while (reader.Read())
            {
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Bad("header", $"not valid JSON: {e.Message}", e);
        }
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        if (Metadata is not null)
        {
            throw Bad($"key '{MetadataKey}'", "stands in the header twice");
        }

        Require(reader.TokenType == JsonTokenType.StartObject, MetadataKey, "expected an object of texts", reader);
        Metadata = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            Require(reader.TokenType == JsonTokenType.String, $"{MetadataKey}.{key}", "expected a text", reader);
            if (!Metadata.TryAdd(key, reader.GetString()!))
            {
                throw Bad($"key '{MetadataKey}.{key}'", "stands in the header twice");
            }
        }
    }

    private void ParseTensor(string name, ref Utf8JsonReader reader)
    {
        Require(reader.TokenType == JsonTokenType.StartObject, name, "expected an object with dtype, shape and data_offsets", reader);
        DType? dtype = null;
        Shape? shape = null;
        (long Begin, long End)? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            bool isNew = key switch
            {
                "dtype" => dtype is null,
                "shape" => shape is null,
                "data_offsets" => offsets is null,
                _ => throw Bad($"key '{name}'", $"expected dtype, shape and data_offsets, found '{key}'"),
            };
            if (!isNew)
            {
                throw Bad($"key '{name}.{key}'", "stands in the header twice");
            }

            switch (key)
            {
                case "dtype":
                    dtype = ParseDType(name, ref reader);
                    break;
                case "shape":
                    shape = ParseShape(name, ref reader);
                    break;
                default:
                    offsets = ParseOffsets(name, ref reader);
                    break;
            }
        }

        if (dtype is null || shape is null || offsets is null)
        {
            throw Bad($"key '{name}'", "expected dtype, shape and data_offsets, found only some of them");
        }

        Add(new TensorInfo(name, dtype.Value, shape.Value), offsets.Value.Begin, offsets.Value.End);
    }

    private void Add(TensorInfo info, long begin, long end)
    {
        long bytes;
        try
        {
            bytes = info.ByteCount;
        }
        catch (OverflowException e)
        {
            throw Bad($"key '{info.Name}'", $"{info.DType.SafetensorsName} {info.Shape} has more bytes than 64 bits can count", e);
        }

        if (end - begin != bytes)
        {
            throw Bad($"key '{info.Name}'", $"{info.DType.SafetensorsName} {info.Shape} takes {bytes} bytes, but data_offsets [{begin}, {end}] hold {end - begin}");
        }

        if (!Tensors.TryAdd(info.Name, (info, begin)))
        {
            throw Bad($"key '{info.Name}'", "stands in the header twice");
        }
    }

    private DType ParseDType(string name, ref Utf8JsonReader reader)
    {
        Require(reader.TokenType == JsonTokenType.String, $"{name}.dtype", "expected the name of an element type", reader);
        string text = reader.GetString()!;
        return DTypes.TryParseSafetensors(text, out DType dtype)
            ? dtype
            : throw Bad($"key '{name}.dtype'", $"expected one of {string.Join(", ", Enum.GetValues<DType>().Select(d => d.SafetensorsName))}, found \"{text}\"");
    }

    private Shape ParseShape(string name, ref Utf8JsonReader reader)
    {
        Span<long> extents = stackalloc long[Shape.MaxRank];
        int rank = ParseNumbers($"{name}.shape", ref reader, extents);
        try
        {
            return new Shape(extents[..rank]);
        }
        catch (TensorException e)
        {
            throw Bad($"key '{name}.shape'", e.Message, e);
        }
    }

    private (long Begin, long End) ParseOffsets(string name, ref Utf8JsonReader reader)
    {
        Span<long> offsets = stackalloc long[2];
        return ParseNumbers($"{name}.data_offsets", ref reader, offsets) == 2 && offsets[0] <= offsets[1]
            ? (offsets[0], offsets[1])
            : throw Bad($"key '{name}.data_offsets'", "expected the first and the last byte + 1, in this order");
    }

    private int ParseNumbers(string place, ref Utf8JsonReader reader, scoped Span<long> numbers)
    {
        Require(reader.TokenType == JsonTokenType.StartArray, place, "expected an array of numbers", reader);
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == numbers.Length)
            {
                throw Bad($"key '{place}'", $"expected at most {numbers.Length} numbers, found more");
            }

            long value = -1;
            bool isNumber = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out value);
            Require(isNumber && value >= 0, place, "expected integers from 0 on", reader);
            numbers[count++] = value;
        }

        return count;
    }

    // Neither holes nor overlaps: two tensors never share bytes, and nothing can hide between them.
    private void CheckLayout(long dataBytes)
    {
        long position = 0;
        foreach ((TensorInfo info, long begin) in Tensors.Values.OrderBy(t => t.Begin).ThenBy(t => t.Info.ByteCount))
        {
            if (begin != position)
            {
                throw Bad($"key '{info.Name}.data_offsets'", $"expected the tensor to begin at byte {position} of the data, where the one before it ends, found {begin}");
            }

            position += info.ByteCount;
            if (position > dataBytes)
            {
                throw Bad($"key '{info.Name}.data_offsets'", $"ends at byte {position}, but the file holds {dataBytes} bytes of data; it is truncated, fetch it again");
            }
        }

        if (position != dataBytes)
        {
            throw Bad("data", $"the tensors take {position} bytes, but the file holds {dataBytes}");
        }
    }

    private void Require(bool holds, string place, string expected, in Utf8JsonReader reader)
    {
        if (!holds)
        {
            string found = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? reader.TokenType.ToString() : Encoding.UTF8.GetString(reader.ValueSpan);
            throw Bad($"key '{place}'", $"{expected}, found {found[..Math.Min(found.Length, 100)]}");
        }
    }

    private ModelFileException Bad(string place, string problem, Exception? inner = null) => ModelFileException.At(_path, place, problem, inner);
}
