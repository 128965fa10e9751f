using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Attune.Formats;

/// <summary>Reads the head of a GGUF file from front to back; every size is compared with the bytes left before it is used.</summary>
internal sealed class GgufCursor(ReadableFile file)
{
    private const int BufferBytes = 1 << 16;

    private const int MaxTextBytes = 1 << 26;

    private const int MaxArrayLength = 1 << 26;

    private const int MaxDepth = 4;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[(int)Math.Min(BufferBytes, file.Length)];
    private long _bufferEnd;
    private int _bufferLeft;

    public long Position => _bufferEnd - _bufferLeft;

    public long Left => file.Length - Position;

    public uint ReadUInt32(string what)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Read(bytes, what);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong ReadUInt64(string what)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Read(bytes, what);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A number of things that follow, each of at least so many bytes.</summary>
    public int ReadCount(string what, int leastBytesEach, int limit)
    {
        ulong count = ReadUInt64(what);
        ulong most = Math.Min((ulong)(Left / leastBytesEach), (ulong)limit);
        return count <= most ? (int)count : throw Bad($"{what}: expected at most {most}, which is what {Left} more bytes can hold, found {count}");
    }

    public string ReadText(string what)
    {
        var bytes = new byte[ReadCount($"length of {what}", 1, MaxTextBytes)];
        Read(bytes, what);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (ArgumentException e)
        {
            throw Bad($"{what}: expected text in UTF-8", e);
        }
    }

    public object ReadValue(string key)
    {
        uint type = ReadUInt32($"type of key '{key}'");
        return ReadValue(key, type, 0);
    }

    public void Read(Span<byte> destination, string what)
    {
        if (destination.Length > Left)
        {
            throw Bad($"{what}: expected {destination.Length} bytes, found {Left} before the end of the file; it is truncated, fetch it again");
        }

        while (!destination.IsEmpty)
        {
            if (_bufferLeft == 0)
            {
                _bufferLeft = (int)Math.Min(_buffer.Length, file.Length - _bufferEnd);
                file.Read(_bufferEnd, _buffer.AsSpan(0, _bufferLeft));
                _bufferEnd += _bufferLeft;
                _buffer.AsSpan(0, _bufferLeft).CopyTo(_buffer.AsSpan(_buffer.Length - _bufferLeft));
            }

            int count = Math.Min(_bufferLeft, destination.Length);
            _buffer.AsSpan(_buffer.Length - _bufferLeft, count).CopyTo(destination);
            _bufferLeft -= count;
            destination = destination[count..];
        }
    }

    public ModelFileException Bad(string problem, Exception? inner = null) => ModelFileException.At(file.Path, $"byte {Position}", problem, inner);

    private object ReadValue(string key, uint type, int depth)
    {
        switch (type)
        {
            case GgufValueTypes.String:
                return ReadText($"value of key '{key}'");
            case GgufValueTypes.Array:
                return ReadArray(key, depth);
            default:
                return ReadScalars(key, type, 1).GetValue(0)!;
        }
    }

    private Array ReadArray(string key, int depth)
    {
        uint type = ReadUInt32($"element type of key '{key}'");
        if (type >= GgufValueTypes.Count || depth == MaxDepth)
        {
            throw Bad($"key '{key}': expected an element type below {GgufValueTypes.Count} and at most {MaxDepth} arrays within arrays, found type {type} at depth {depth}");
        }

        int count = ReadCount($"length of key '{key}'", GgufValueTypes.LeastBytes(type), MaxArrayLength);
        switch (type)
        {
            case GgufValueTypes.String:
                var texts = new string[count];
                for (int i = 0; i < count; i++)
                {
                    texts[i] = ReadText($"element {i} of key '{key}'");
                }

                return texts;
            case GgufValueTypes.Array:
                var arrays = new Array[count];
                for (int i = 0; i < count; i++)
                {
                    arrays[i] = ReadArray(key, depth + 1);
                }

                return arrays;
            default:
                return ReadScalars(key, type, count);
        }
    }

    private Array ReadScalars(string key, uint type, int count)
    {
        return type switch
        {
            0 => Read<byte>(),
            1 => Read<sbyte>(),
            2 => Read<ushort>(),
            3 => Read<short>(),
            4 => Read<uint>(),
            5 => Read<int>(),
            6 => Read<float>(),
            GgufValueTypes.Boolean => ReadBooleans(key, Read<byte>()),
            10 => Read<ulong>(),
            11 => Read<long>(),
            12 => Read<double>(),
            _ => throw Bad($"key '{key}': expected a value type below {GgufValueTypes.Count}, found {type}"),
        };

        T[] Read<T>()
            where T : unmanaged
        {
            var values = new T[count];
            this.Read(MemoryMarshal.AsBytes(values.AsSpan()), $"value of key '{key}'");
            return values;
        }
    }

    private bool[] ReadBooleans(string key, byte[] bytes)
    {
        int wrong = bytes.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)1);
        return wrong < 0
            ? Array.ConvertAll(bytes, b => b == 1)
            : throw Bad($"key '{key}': expected truth values 0 or 1, found {bytes[wrong]}");
    }
}
