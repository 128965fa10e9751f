using System.Text.Json;
using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>Strict JSON from bytes, with the errors of rows.</summary>
internal static class JsonRow
{
    public const string NotJson = "not valid JSON";

    /// <summary>Deeper values than this are refused; no data set nests so deep, and readers recurse.</summary>
    public const int MaxDepth = 256;

    /// <summary>How rows are parsed.</summary>
    public static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth };

    public static DataRow Parse(string file, long line, ReadOnlySpan<byte> bytes)
    {
        if (Utf8Check.Find(bytes) is { } wrong)
        {
            return DataRow.Bad(file, line, Utf8Check.Reason, wrong);
        }

        try
        {
            JsonElement value = JsonElement.Parse(bytes, Options);
            return HasUnreadableName(bytes)
                ? DataRow.Bad(file, line, "a name has half a surrogate pair (such as \\ud800 alone), which is no character")
                : new DataRow(file, line, value);
        }
        catch (JsonException e)
        {
            string hint = bytes.Trim(" \t\r"u8).SequenceEqual("["u8) ? "; is the file a JSON array? Then say format: json" : string.Empty;
            return DataRow.Bad(file, line, NotJson, Describe(e) + hint, e);
        }
    }

    /// <summary>
    /// Whether a property's name cannot be made a string: such a name makes every look-up in its object fail. A value like that harms nobody who does not read it.
    /// </summary>
    private static bool HasUnreadableName(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOf("\\u"u8) < 0)
        {
            return false;
        }

        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }

            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>The parser's message, with its column counted from 1, without its line, which is that of the row, and without its advice to programmers.</summary>
    public static string Describe(JsonException e)
    {
        int place = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string message = (place < 0 ? e.Message : e.Message[..place]).TrimEnd('.');
        message = message.Replace(" which is not supported in this mode. Change the reader options", string.Empty, StringComparison.Ordinal);
        return e.BytePositionInLine is { } column ? $"{message}, byte {column + 1}" : message;
    }
}
