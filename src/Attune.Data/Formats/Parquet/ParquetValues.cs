using System.Buffers.Binary;
using Attune.Data.Compression;

namespace Attune.Data.Formats.Parquet;

/// <summary>The values of a page that are not null, one after the other, each as its little-endian bytes (a truth value as one byte).</summary>
internal abstract class ParquetValues
{
    /// <summary>The next value, until the one after it is asked for.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public abstract ReadOnlySpan<byte> Next();

    /// <summary>Chooses the decoder of a page.</summary>
    /// <param name="encoding">How the values are written.</param>
    /// <param name="leaf">What they are.</param>
    /// <param name="data">Their bytes.</param>
    /// <param name="dictionary">Values that are named by their place; null for none.</param>
    public static ParquetValues Of(ParquetEncoding encoding, ParquetLeaf leaf, ReadOnlyMemory<byte> data, ParquetDictionary? dictionary) => (encoding, leaf.Type) switch
    {
        (ParquetEncoding.Plain, ParquetType.Boolean) => new PlainBooleans(data),
        (ParquetEncoding.Plain, ParquetType.ByteArray) => new PlainBytes(data),
        (ParquetEncoding.Plain, _) => new PlainFixed(data, leaf.Width),
        (ParquetEncoding.PlainDictionary or ParquetEncoding.RleDictionary, _) => new DictionaryIndices(data, dictionary ?? throw new InvalidDataException("a page names values of a dictionary, but there is none")),
        (ParquetEncoding.Rle, ParquetType.Boolean) => new RunBooleans(data),
        (ParquetEncoding.DeltaBinaryPacked, ParquetType.Int32 or ParquetType.Int64) => new DeltaIntegers(data, leaf.Width),
        (ParquetEncoding.DeltaLengthByteArray, ParquetType.ByteArray) => new DeltaLengthBytes(data),
        (ParquetEncoding.DeltaByteArray, ParquetType.ByteArray or ParquetType.FixedLengthByteArray) => new DeltaBytes(data),
        (ParquetEncoding.ByteStreamSplit, not (ParquetType.Boolean or ParquetType.ByteArray)) => new SplitBytes(data, leaf.Width),
        _ => throw new InvalidDataException($"values of type {leaf.Type} in the encoding {encoding} are not read"),
    };

    private sealed class PlainFixed(ReadOnlyMemory<byte> data, int width) : ParquetValues
    {
        private int _position;

        public override ReadOnlySpan<byte> Next()
        {
            var input = new ByteCursor(data.Span[_position..]);
            _position += width;
            return input.Bytes(width);
        }
    }

    private sealed class PlainBytes(ReadOnlyMemory<byte> data) : ParquetValues
    {
        private int _position;

        public override ReadOnlySpan<byte> Next()
        {
            var input = new ByteCursor(data.Span[_position..]);
            ReadOnlySpan<byte> value = input.Bytes(input.UInt32());
            _position += input.Position;
            return value;
        }
    }

    private sealed class PlainBooleans(ReadOnlyMemory<byte> data) : ParquetValues
    {
        private readonly byte[] _value = new byte[1];
        private int _index;

        public override ReadOnlySpan<byte> Next()
        {
            _value[0] = (byte)RunReader.Bits(data.Span, _index++, 1);
            return _value;
        }
    }

    private sealed class RunBooleans : ParquetValues
    {
        private readonly byte[] _value = new byte[1];
        private readonly RunReader _runs;

        public RunBooleans(ReadOnlyMemory<byte> data)
        {
            // The runs stand behind their length.
            var input = new ByteCursor(data.Span);
            _runs = new RunReader(data.Slice(4, input.Bytes(input.UInt32()).Length), 1);
        }

        public override ReadOnlySpan<byte> Next()
        {
            _value[0] = (byte)_runs.Next();
            return _value;
        }
    }

    private sealed class DictionaryIndices(ReadOnlyMemory<byte> data, ParquetDictionary dictionary) : ParquetValues
    {
        // A page without values may have no width.
        private readonly RunReader _runs = new(data.IsEmpty ? data : data[1..], data.IsEmpty ? 0 : data.Span[0]);

        public override ReadOnlySpan<byte> Next() => dictionary[_runs.Next()];
    }

    private sealed class DeltaIntegers(ReadOnlyMemory<byte> data, int width) : ParquetValues
    {
        private readonly byte[] _value = new byte[sizeof(long)];
        private readonly DeltaReader _numbers = new(data);

        public override ReadOnlySpan<byte> Next()
        {
            BinaryPrimitives.WriteInt64LittleEndian(_value, _numbers.Next());
            return _value.AsSpan(0, width);
        }
    }

    private sealed class DeltaLengthBytes : ParquetValues
    {
        private readonly ReadOnlyMemory<byte> _data;
        private readonly DeltaReader _lengths;
        private int _position;

        public DeltaLengthBytes(ReadOnlyMemory<byte> data)
        {
            _data = data;
            _lengths = new DeltaReader(data);
            _position = _lengths.End();
        }

        public override ReadOnlySpan<byte> Next()
        {
            var input = new ByteCursor(_data.Span[_position..]);
            ReadOnlySpan<byte> value = input.Bytes(_lengths.Next());
            _position += value.Length;
            return value;
        }
    }

    /// <summary>Each value begins as the one before does: so many bytes of it, then new ones.</summary>
    private sealed class DeltaBytes : ParquetValues
    {
        private readonly DeltaReader _prefixes;
        private readonly DeltaLengthBytes _suffixes;
        private byte[] _value = [];
        private int _length;

        public DeltaBytes(ReadOnlyMemory<byte> data)
        {
            _prefixes = new DeltaReader(data);
            _suffixes = new DeltaLengthBytes(data[_prefixes.End()..]);
        }

        public override ReadOnlySpan<byte> Next()
        {
            long prefix = _prefixes.Next();
            ReadOnlySpan<byte> suffix = _suffixes.Next();
            if (prefix < 0 || prefix > _length || prefix + suffix.Length > Array.MaxLength)
            {
                throw new InvalidDataException($"a value begins with {prefix} bytes of one that has {_length}");
            }

            _length = (int)prefix + suffix.Length;
            if (_length > _value.Length)
            {
                Array.Resize(ref _value, (int)Math.Min(Array.MaxLength, Math.Max(_length, 2L * _value.Length)));
            }

            suffix.CopyTo(_value.AsSpan((int)prefix));
            return _value.AsSpan(0, _length);
        }
    }

    /// <summary>The first bytes of all values, then the second ones, and so on.</summary>
    private sealed class SplitBytes(ReadOnlyMemory<byte> data, int width) : ParquetValues
    {
        private readonly byte[] _value = new byte[width];
        private readonly int _count = data.Length / Math.Max(1, width);
        private int _index;

        public override ReadOnlySpan<byte> Next()
        {
            if (_index == _count)
            {
                throw new InvalidDataException($"more than {_count} values are asked for");
            }

            for (int i = 0; i < _value.Length; i++)
            {
                _value[i] = data.Span[(i * _count) + _index];
            }

            _index++;
            return _value;
        }
    }
}

/// <summary>The values of a dictionary page.</summary>
internal sealed class ParquetDictionary
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly int[]? _starts;
    private readonly int _width;
    private readonly int _count;

    /// <exception cref="InvalidDataException">The page has fewer values than it says.</exception>
    public ParquetDictionary(ParquetLeaf leaf, ReadOnlyMemory<byte> data, int count)
    {
        _data = data;
        _count = count;
        _width = leaf.Width;
        if (leaf.Type == ParquetType.Boolean || count > data.Length / Math.Max(1, leaf.Type == ParquetType.ByteArray ? 4 : _width))
        {
            throw new InvalidDataException($"a dictionary of {count} values of type {leaf.Type} has {data.Length} bytes");
        }

        if (leaf.Type == ParquetType.ByteArray)
        {
            var input = new ByteCursor(data.Span);
            _starts = new int[count];
            for (int i = 0; i < count; i++)
            {
                _starts[i] = input.Position;
                input.Bytes(input.UInt32());
            }
        }
    }

    /// <summary>A value by its place.</summary>
    public ReadOnlySpan<byte> this[uint index]
    {
        get
        {
            if (index >= (uint)_count)
            {
                throw new InvalidDataException($"value {index} of a dictionary with {_count} is asked for");
            }

            if (_starts is null)
            {
                return _data.Span.Slice((int)index * _width, _width);
            }

            var input = new ByteCursor(_data.Span[_starts[index]..]);
            return input.Bytes(input.UInt32());
        }
    }
}
