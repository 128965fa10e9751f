using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;

namespace Attune.Cli;

/// <summary>How the tool writes JSON, for people and programs alike: letters as they are.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions ManyLines = OneLine with { Indented = true };

    /// <summary>A value on one line.</summary>
    public static string Line(JsonNode value) => Write(value, OneLine);

    /// <summary>A value with a line for each of its parts.</summary>
    public static string Indented(JsonNode value) => Write(value, ManyLines);

    private static string Write(JsonNode value, JsonWriterOptions options)
    {
        var escaped = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(escaped, options))
        {
            value.WriteTo(json);
        }

        var plain = new ArrayBufferWriter<byte>(escaped.WrittenCount);
        PlainLetters.Write(escaped.WrittenSpan, plain);
        return Encoding.UTF8.GetString(plain.WrittenSpan);
    }
}
