using System.Text.Json;
using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>Walks through a JSON file token by token and cuts out values as rows, with their lines, holding one row in memory at a time.</summary>
internal sealed class JsonRowReader(DataFile file, int maxRowBytes) : IDisposable
{
    private readonly ByteReader _bytes = new(file, maxRowBytes);

    // One level more than a row may have on its own, for the array or object around it (two with a field).
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = JsonRow.MaxDepth + 2 });
    private long _line = 1;

    /// <summary>What is read and not yet passed over.</summary>
    public ReadOnlySpan<byte> Window => _bytes.Window;

    /// <summary>The first byte that is no white space; 0 in an empty file.</summary>
    public byte FirstByte()
    {
        while (true)
        {
            int at = _bytes.Window.IndexOfAnyExcept(" \t\r\n"u8);
            if (at >= 0)
            {
                return _bytes.Window[at];
            }

            Pass(_bytes.Window.Length);
            if (!_bytes.ReadMore())
            {
                return 0;
            }
        }
    }

    /// <summary>Passes over the next token and says what it was; for property names, whether it is <paramref name="name"/>.</summary>
    public (JsonTokenType Type, bool IsName) Token(string? name = null)
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_bytes.Window, _bytes.IsAtEnd, _state);
            if (Read(ref reader))
            {
                bool isName = name is not null && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name);
                Commit(ref reader);
                return (reader.TokenType, isName);
            }

            Grow();
        }
    }

    /// <summary>Whether the file ends here but for white space; otherwise the error of what stands there.</summary>
    public void End()
    {
        while (FirstByte() != 0)
        {
            Token();
        }
    }

    /// <summary>Passes over one value of any size, token by token.</summary>
    public void Skip()
    {
        int depth = 0;
        do
        {
            depth += Token().Type switch
            {
                JsonTokenType.StartArray or JsonTokenType.StartObject => 1,
                JsonTokenType.EndArray or JsonTokenType.EndObject => -1,
                _ => 0,
            };
        }
        while (depth > 0);
    }

    /// <summary>The next value as a row, or null when the array or object that holds the rows ends.</summary>
    public DataRow? Row()
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_bytes.Window, _bytes.IsAtEnd, _state);
            if (Read(ref reader))
            {
                if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                {
                    Commit(ref reader);
                    return null;
                }

                int start = (int)reader.TokenStartIndex;
                if (Skip(ref reader))
                {
                    Pass(start);
                    DataRow row = JsonRow.Parse(file.Name, _line, _bytes.Window[..((int)reader.BytesConsumed - start)]);
                    Pass((int)reader.BytesConsumed - start);
                    _state = reader.CurrentState;
                    return row;
                }
            }

            Grow();
        }
    }

    public void Dispose() => _bytes.Dispose();

    private bool Read(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.Read();
        }
        catch (JsonException e)
        {
            throw NotJson(e);
        }
    }

    private bool Skip(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.TrySkip();
        }
        catch (JsonException e)
        {
            throw NotJson(e);
        }
    }

    /// <summary>Doubles what is in the window, so that values scanned again and again cost no more than twice their size.</summary>
    private void Grow()
    {
        int wanted = Math.Max(1 << 12, 2 * _bytes.Window.Length);
        bool grown = false;
        while (_bytes.Window.Length < wanted && _bytes.ReadMore())
        {
            grown = true;
        }

        if (!grown && _bytes.IsFull)
        {
            Pass(Math.Max(0, _bytes.Window.IndexOfAnyExcept(" \t\r\n,"u8)));
            throw DataException.AtRow(file.Name, _line, "the row is too long", $"more than max_row_bytes = {maxRowBytes}");
        }
    }

    private void Commit(ref Utf8JsonReader reader)
    {
        _state = reader.CurrentState;
        Pass((int)reader.BytesConsumed);
    }

    private void Pass(int bytes)
    {
        _line += _bytes.Window[..bytes].Count((byte)'\n');
        _bytes.Advance(bytes);
    }

    // Inside one JSON document nothing after an error can be trusted, so it ends the file, whatever on_bad_rows says.
    private DataException NotJson(JsonException e) =>
        DataException.AtRow(file.Name, (e.LineNumber ?? 0) + 1, JsonRow.NotJson, JsonRow.Describe(e), e);
}
