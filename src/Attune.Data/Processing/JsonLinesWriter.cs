using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Data.Rows;
using Attune.Formats;

namespace Attune.Data.Processing;

/// <summary>Writes rows as JSON lines, letters as they are in UTF-8; the file appears complete or not at all.</summary>
public sealed class JsonLinesWriter : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly AtomicFile _file;
    private readonly ArrayBufferWriter<byte> _buffer = new(BufferBytes);
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Utf8JsonWriter _json;
    private long _written;

    /// <summary>Starts a file.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    public JsonLinesWriter(string path)
    {
        _file = AtomicFile.Create(path);
        _json = new Utf8JsonWriter(_line, Plain);
    }

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Writes a row.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="change">What becomes of its texts; null to leave them.</param>
    public void Write(JsonElement value, Func<string, string>? change = null)
    {
        _line.ResetWrittenCount();
        _json.Reset(_line);
        Write(_json, value, change);
        _json.Flush();
        PlainLetters.Write(_line.WrittenSpan, _buffer);
        WriteLine();
    }

    /// <summary>Writes a row that is JSON already, on one line.</summary>
    public void Write(ReadOnlySpan<byte> line)
    {
        _buffer.Write(line);
        WriteLine();
    }

    /// <summary>Puts the file into place.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Commit()
    {
        Flush();
        _file.Commit();
    }

    /// <summary>Ends the writing; without <see cref="Commit"/> nothing of it is left.</summary>
    public void Dispose()
    {
        _json.Dispose();
        _file.Dispose();
    }

    /// <summary>A row with its texts changed, as JSON on one line.</summary>
    /// <exception cref="DataException">A text of the row is none.</exception>
    public static byte[] ToLine(DataRow row, Func<string, string> change) => ToLine(row, json => Write(json, row.Value, change));

    /// <summary>What is written of a row, as JSON on one line.</summary>
    /// <exception cref="DataException">A text of the row is none.</exception>
    public static byte[] ToLine(DataRow row, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Plain);
        try
        {
            write(json);
            json.Flush();
        }
        catch (InvalidOperationException error)
        {
            throw row.Wrong("a text has half a surrogate pair (such as \\ud800 alone), which is no character", inner: error);
        }

        var line = new ArrayBufferWriter<byte>(buffer.WrittenCount);
        PlainLetters.Write(buffer.WrittenSpan, line);
        return line.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, JsonElement value, Func<string, string>? change)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when change is not null:
                json.WriteStartObject();
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    json.WritePropertyName(property.Name);
                    Write(json, property.Value, change);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array when change is not null:
                json.WriteStartArray();
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Write(json, item, change);
                }

                json.WriteEndArray();
                break;
            case JsonValueKind.String when change is not null:
                json.WriteStringValue(change(value.GetString()!));
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private void WriteLine()
    {
        _buffer.Write("\n"u8);
        Rows++;
        if (_buffer.WrittenCount >= BufferBytes)
        {
            Flush();
        }
    }

    private void Flush()
    {
        RandomAccess.Write(_file.Handle, _buffer.WrittenSpan, _written);
        _written += _buffer.WrittenCount;
        _buffer.ResetWrittenCount();
    }
}
