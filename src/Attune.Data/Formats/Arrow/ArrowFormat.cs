using System.Buffers.Binary;
using Attune.Data.Rows;

namespace Attune.Data.Formats.Arrow;

/// <summary>Arrow IPC: streams, files, and Feather version 2, which is the same; with LZ4 and Zstandard, dictionaries and their changes, nested columns.</summary>
/// <remarks>Source: the Arrow columnar format 1.5. A file is read as the stream that it contains, so its rows come in the order of the stream.</remarks>
public sealed class ArrowFormat : IDataFormat
{
    private const int SchemaMessage = 1;
    private const int DictionaryMessage = 2;
    private const int BatchMessage = 3;
    private const int MaxDescriptionBytes = 64 << 20;

    /// <inheritdoc/>
    public string Key => "arrow";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".arrow", ".arrows", ".feather", ".ipc"];

    /// <inheritdoc/>
    public IEnumerable<DataRow> Read(DataFile file, DataFileOptions options)
    {
        using var stream = new ArrowStream(file);
        using var writer = new JsonRowWriter(file.Name, options.MaxRowBytes);
        IReadOnlyList<ArrowField>? fields = null;
        var dictionaries = new Dictionary<long, ArrowDictionary>();
        while (Next(stream, ref fields, dictionaries) is { } batch)
        {
            for (int i = 0; i < batch.Length; i++)
            {
                int index = i;
                yield return writer.Row(row => batch.WriteRow(row, index));
            }
        }
    }

    private static Batch? Next(ArrowStream stream, ref IReadOnlyList<ArrowField>? fields, Dictionary<long, ArrowDictionary> dictionaries)
    {
        try
        {
            while (stream.Read() is { } message)
            {
                FlatTable header = message.Header.Table(2) ?? throw new InvalidDataException("a message has no content");
                int kind = message.Header.Byte(1);
                if (kind == SchemaMessage)
                {
                    fields = ArrowField.ReadSchema(header);
                    continue;
                }

                IReadOnlyList<ArrowField> known = fields ?? throw new InvalidDataException("expected a schema first");
                switch (kind)
                {
                    case DictionaryMessage:
                        AddDictionary(known, header, message.Body, dictionaries);
                        break;
                    case BatchMessage:
                        return new Batch(known, ArrowBatch.Read(known, header, message.Body, dictionaries), header.Int64(0));
                    default:
                        throw new InvalidDataException($"messages of kind {kind} are not read");
                }
            }

            return fields is null ? throw new InvalidDataException("expected a schema, found nothing") : null;
        }
        catch (InvalidDataException e)
        {
            throw stream.Damaged(e.Message, e);
        }
    }

    private static void AddDictionary(IReadOnlyList<ArrowField> fields, FlatTable header, ReadOnlyMemory<byte> body, Dictionary<long, ArrowDictionary> dictionaries)
    {
        long id = header.Int64(0);
        ArrowField field = Find(fields, id) ?? throw new InvalidDataException($"no column uses dictionary {id}");
        FlatTable batch = header.Table(1) ?? throw new InvalidDataException($"dictionary {id} has no values");
        bool isDelta = header.Byte(2) != 0;
        ArrowColumn values = ArrowBatch.ReadDictionary(field, batch, body, dictionaries);
        if (!isDelta || !dictionaries.TryGetValue(id, out ArrowDictionary? dictionary))
        {
            dictionaries[id] = dictionary = new ArrowDictionary();
        }

        dictionary.Add(values);
    }

    private static ArrowField? Find(IEnumerable<ArrowField> fields, long id)
    {
        foreach (ArrowField field in fields)
        {
            if (field.DictionaryId == id)
            {
                return field;
            }

            if (Find(field.Children, id) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private sealed class Batch
    {
        private readonly IReadOnlyList<ArrowField> _fields;
        private readonly ArrowColumn[] _columns;

        public Batch(IReadOnlyList<ArrowField> fields, ArrowColumn[] columns, long length)
        {
            (_fields, _columns) = (fields, columns);
            if (length is < 0 or > int.MaxValue || Array.Exists(columns, column => column.Length != length))
            {
                throw new InvalidDataException($"a batch of {length} rows has columns of other lengths");
            }

            Length = columns.Length == 0 ? 0 : (int)length;
        }

        public int Length { get; }

        public void WriteRow(JsonRowWriter row, int index)
        {
            row.StartObject();
            for (int i = 0; i < _columns.Length; i++)
            {
                row.Name(_fields[i].Name);
                _columns[i].Write(row, index);
            }

            row.EndObject();
        }
    }

    /// <summary>Messages one after the other.</summary>
    private sealed class ArrowStream : IDisposable
    {
        private const uint Continuation = 0xFFFF_FFFF;

        private readonly DataFile _file;
        private readonly Stream _stream;
        private long _position;

        public ArrowStream(DataFile file)
        {
            _file = file;
            _stream = file.Open();
        }

        public DataException Damaged(string problem, Exception inner) =>
            new($"{_file.Name}: not a readable Arrow file: {problem} (near byte {_position}). Write it again, or fetch it again.", inner);

        public (FlatTable Header, ReadOnlyMemory<byte> Body)? Read()
        {
            byte[] start = Take(4, mayEnd: true);
            if (_position == 4 && start.AsSpan().SequenceEqual("ARRO"u8))
            {
                Take(4);
                start = Take(4, mayEnd: true);
            }
            else if (_position == 4 && start.AsSpan().SequenceEqual("FEA1"u8))
            {
                throw new InvalidDataException("this is Feather version 1, which is not read; write it as version 2");
            }

            if (start.Length == 0)
            {
                return null;
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(start);
            if (length == Continuation)
            {
                length = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
            }

            if (length == 0)
            {
                return null;
            }

            if (length > MaxDescriptionBytes)
            {
                throw new InvalidDataException($"expected a message whose description has at most {MaxDescriptionBytes} bytes, found {length}");
            }

            var header = FlatTable.Root(Take(length));
            return (header, Take(header.Int64(3)));
        }

        public void Dispose() => _stream.Dispose();

        // What is not there is noticed before room is made for it, or while it is made, in pieces.
        private byte[] Take(long count, bool mayEnd = false)
        {
            const int Piece = 1 << 20;
            if (count < 0 || count > Array.MaxLength || (_stream.CanSeek && !mayEnd && count > _stream.Length - _stream.Position))
            {
                throw new InvalidDataException($"expected {count} more bytes, found fewer");
            }

            byte[] bytes = new byte[_stream.CanSeek ? count : Math.Min(count, Piece)];
            int have = 0;
            while (have < count)
            {
                if (have == bytes.Length)
                {
                    Array.Resize(ref bytes, (int)Math.Min(count, 2L * bytes.Length));
                }

                int read = _file.Read(_stream, bytes.AsSpan(have));
                if (read == 0)
                {
                    return have == 0 && mayEnd ? [] : throw new InvalidDataException($"expected {count} more bytes, found {have}");
                }

                have += read;
                _position += read;
            }

            return bytes;
        }
    }
}
