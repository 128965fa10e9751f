using System.Buffers.Binary;
using Attune.Data.Compression;

namespace Attune.Data.Formats.Arrow;

/// <summary>Makes the columns of a batch from its description and its body: nodes and buffers are taken in the order of the schema.</summary>
internal sealed class ArrowBatch
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly long[] _nodes;
    private readonly long[] _buffers;
    private readonly long[] _viewBuffers;
    private readonly int? _codec;
    private readonly IReadOnlyDictionary<long, ArrowDictionary> _dictionaries;
    private int _node;
    private int _buffer;
    private int _view;

    private ArrowBatch(FlatTable batch, ReadOnlyMemory<byte> body, IReadOnlyDictionary<long, ArrowDictionary> dictionaries)
    {
        _body = body;
        _nodes = batch.Int64s(1, 2);
        _buffers = batch.Int64s(2, 2);
        _viewBuffers = batch.Int64s(4);
        _codec = batch.Table(3)?.Byte(0);
        _dictionaries = dictionaries;
    }

    /// <summary>Reads the columns.</summary>
    /// <param name="fields">What they are.</param>
    /// <param name="batch">The description of the batch.</param>
    /// <param name="body">The buffers.</param>
    /// <param name="dictionaries">Values that columns name by their place.</param>
    /// <exception cref="InvalidDataException">The buffers are not what the columns need.</exception>
    public static ArrowColumn[] Read(IReadOnlyList<ArrowField> fields, FlatTable batch, ReadOnlyMemory<byte> body, IReadOnlyDictionary<long, ArrowDictionary> dictionaries)
    {
        var reader = new ArrowBatch(batch, body, dictionaries);
        return [.. fields.Select(field => reader.Column(field))];
    }

    /// <summary>Reads the values of a dictionary, which is a batch of one column.</summary>
    public static ArrowColumn ReadDictionary(ArrowField field, FlatTable batch, ReadOnlyMemory<byte> body, IReadOnlyDictionary<long, ArrowDictionary> dictionaries) =>
        new ArrowBatch(batch, body, dictionaries).Values(field, isPair: false);

    private ArrowColumn Column(ArrowField field, bool isPair = false)
    {
        if (field.DictionaryId is not { } id)
        {
            return Values(field, isPair);
        }

        int length = Node();
        ReadOnlyMemory<byte> validity = Validity(length);
        ReadOnlyMemory<byte> indices = Buffer(length * (long)(field.IndexWidth / 8));
        return new ArrowIndices(
            length, validity, indices, field,
            _dictionaries.TryGetValue(id, out ArrowDictionary? dictionary) ? dictionary : throw new InvalidDataException($"dictionary {id} of column '{field.Text}' is missing"));
    }

    private ArrowColumn Values(ArrowField field, bool isPair)
    {
        int length = Node();
        if (field.Type == ArrowType.Null)
        {
            return new ArrowNulls(length);
        }

        ReadOnlyMemory<byte> validity = Validity(length);
        switch (field.Type)
        {
            case ArrowType.Bool:
                return new ArrowBooleans(length, validity, Buffer((length + 7L) / 8));
            case ArrowType.Utf8 or ArrowType.Binary:
                return Bytes(length, validity, 4, field.Type == ArrowType.Utf8);
            case ArrowType.LargeUtf8 or ArrowType.LargeBinary:
                return Bytes(length, validity, 8, field.Type == ArrowType.LargeUtf8);
            case ArrowType.Utf8View or ArrowType.BinaryView:
                ReadOnlyMemory<byte> views = Buffer((long)length * ArrowViews.ViewBytes);
                return new ArrowViews(length, validity, views, ViewBuffers(), field.Type == ArrowType.Utf8View);
            case ArrowType.FixedSizeBinary:
                return new ArrowFixedBytes(length, validity, Buffer((long)length * field.Width), field.Width);
            case ArrowType.List or ArrowType.Map:
                ArrowOffsets narrow = Offsets(length, 4);
                return new ArrowLists(length, validity, narrow, Column(field.Children[0], field.Type == ArrowType.Map));
            case ArrowType.LargeList:
                ArrowOffsets wide = Offsets(length, 8);
                return new ArrowLists(length, validity, wide, Column(field.Children[0]));
            case ArrowType.FixedSizeList:
                return new ArrowLists(length, validity, new ArrowEvenOffsets(field.Width), Column(field.Children[0]));
            case ArrowType.Struct:
                return new ArrowStructs(length, validity, field.Children, [.. field.Children.Select(child => Column(child))], isPair);
            default:
                return new ArrowNumbers(length, validity, Buffer(length * (long)(field.Width / 8)), field);
        }
    }

    private ArrowBytes Bytes(int length, ReadOnlyMemory<byte> validity, int width, bool isText)
    {
        ArrowOffsets offsets = Offsets(length, width);
        return new ArrowBytes(length, validity, offsets, Buffer(0), isText);
    }

    // A column without values may have no places at all.
    private ArrowWrittenOffsets Offsets(int length, int width) => new(Buffer(length == 0 ? 0 : (length + 1L) * width), width);

    private ReadOnlyMemory<byte>[] ViewBuffers()
    {
        long count = _view < _viewBuffers.Length ? _viewBuffers[_view++] : 0;
        if (count < 0 || count > (_buffers.Length / 2) - _buffer)
        {
            throw new InvalidDataException($"{count} buffers of texts are said to be there");
        }

        return [.. Enumerable.Range(0, (int)count).Select(_ => Buffer(0))];
    }

    private int Node()
    {
        if (2 * _node >= _nodes.Length)
        {
            throw new InvalidDataException("a batch has fewer columns than the schema");
        }

        long length = _nodes[2 * _node++];
        return length is >= 0 and <= int.MaxValue ? (int)length : throw new InvalidDataException($"a column has {length} values");
    }

    private ReadOnlyMemory<byte> Validity(int length)
    {
        ReadOnlyMemory<byte> bits = Buffer(0);
        return bits.IsEmpty || bits.Length >= (length + 7L) / 8 ? bits : throw new InvalidDataException($"a column of {length} values has {bits.Length} bytes of validity");
    }

    private ReadOnlyMemory<byte> Buffer(long atLeast)
    {
        if (2 * _buffer >= _buffers.Length)
        {
            throw new InvalidDataException("a batch has fewer buffers than its columns need");
        }

        long offset = _buffers[2 * _buffer];
        long length = _buffers[(2 * _buffer++) + 1];
        if (offset < 0 || length < 0 || offset > _body.Length - length)
        {
            throw new InvalidDataException($"a buffer of {length} bytes at {offset} is not inside its batch of {_body.Length} bytes");
        }

        ReadOnlyMemory<byte> bytes = Decompress(_body.Slice((int)offset, (int)length));
        return bytes.Length >= atLeast ? bytes : throw new InvalidDataException($"a buffer has {bytes.Length} bytes, {atLeast} are needed");
    }

    private ReadOnlyMemory<byte> Decompress(ReadOnlyMemory<byte> bytes)
    {
        if (_codec is not { } codec || bytes.IsEmpty)
        {
            return bytes;
        }

        if (bytes.Length < sizeof(long))
        {
            throw new InvalidDataException("a compressed buffer is without its length");
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span);
        ReadOnlyMemory<byte> packed = bytes[sizeof(long)..];
        if (length == -1)
        {
            return packed;
        }

        if (length is < 0 or > int.MaxValue)
        {
            throw new InvalidDataException($"a buffer is said to have {length} bytes");
        }

        byte[] unpacked = codec switch
        {
            0 => Lz4.DecodeFrame(packed.Span, (int)length),
            1 => Zstandard.Decode(packed.Span, (int)length),
            _ => throw new InvalidDataException($"compression {codec} is not known"),
        };
        return unpacked.Length == length ? unpacked : throw new InvalidDataException($"a buffer of {length} bytes has {unpacked.Length}");
    }
}
