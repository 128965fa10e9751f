using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Attune.Formats;

/// <summary>Reads small JSON files with limits, giving typed errors, and writes them as Python's tools do.</summary>
internal static class JsonFile
{
    /// <summary>Largest configuration that is read.</summary>
    public const long MaxConfigBytes = 16L << 20;

    private const int MaxDepth = 64;

    private const int MaxShownCharacters = 80;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Python writes numbers that JSON does not have; the replacement reads as the same number (or as absent).
    private static readonly (byte[] Word, byte[] Json)[] PythonWords = [("Infinity"u8.ToArray(), "1e999"u8.ToArray()), ("NaN"u8.ToArray(), "null"u8.ToArray())];

    public static JsonDocument Parse(string path, long limitBytes) => Parse(ReadableFile.ReadAll(path, limitBytes), path);

    public static JsonDocument Parse(ReadOnlyMemory<byte> text, string location)
    {
        ReadOnlyMemory<byte> json = text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text;
        try
        {
            json = ReplacePythonWords(json);
            RequireUnicode(json.Span);
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFileException($"file: {location}: not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>The JSON text of a value, cut to what a message can show.</summary>
    public static string Show(JsonElement element)
    {
        string text = element.ValueKind == JsonValueKind.Undefined ? "nothing" : element.GetRawText();
        return text.Length <= MaxShownCharacters ? text : string.Concat(text.AsSpan(0, MaxShownCharacters), "...");
    }

    /// <summary>JSON text with sorted keys, indented by two, ended by a line feed.</summary>
    public static string Write(JsonNode node) => Sort(node)!.ToJsonString(Indented) + "\n";

    // The framework would find text that is no Unicode only when it is used, far from here.
    private static void RequireUnicode(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw new JsonException("the text is not UTF-8");
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped)
            {
                _ = reader.GetString();
            }
        }
    }

    private static JsonNode? Sort(JsonNode? node) => node switch
    {
        JsonObject values => new JsonObject(values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => KeyValuePair.Create(v.Key, Sort(v.Value)))),
        JsonArray values => new JsonArray([.. values.Select(Sort)]),
        _ => node?.DeepClone(),
    };

    private static ReadOnlyMemory<byte> ReplacePythonWords(ReadOnlyMemory<byte> json)
    {
        if (!Array.Exists(PythonWords, w => json.Span.IndexOf(w.Word) >= 0))
        {
            return json;
        }

        var result = new ArrayBufferWriter<byte>(json.Length);
        bool inText = false;
        for (ReadOnlySpan<byte> rest = json.Span; !rest.IsEmpty;)
        {
            int length = 1;
            ReadOnlySpan<byte> written = rest[..1];
            if (inText && rest[0] == (byte)'\\')
            {
                length = Math.Min(2, rest.Length);
                written = rest[..length];
            }
            else if (rest[0] == (byte)'"')
            {
                inText = !inText;
            }
            else if (!inText)
            {
                foreach ((byte[] word, byte[] replacement) in PythonWords)
                {
                    if (rest.StartsWith(word))
                    {
                        length = word.Length;
                        written = replacement;
                    }
                }
            }

            result.Write(written);
            rest = rest[length..];
        }

        return result.WrittenMemory;
    }
}
