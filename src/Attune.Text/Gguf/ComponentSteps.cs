using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Text.Gguf;

/// <summary>Normalisers and pre-tokenizers as tokenizer.json spells them, for comparing what they do.</summary>
internal static class ComponentSteps
{
    /// <summary>The steps of a component; those of sequences one after the other.</summary>
    public static IEnumerable<JsonObject> Of(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return Steps(JsonNode.Parse(buffer.WrittenSpan)!.AsObject());
    }

    private static IEnumerable<JsonObject> Steps(JsonObject component) => (string?)component["type"] == "Sequence"
        ? (component["pretokenizers"] ?? component["normalizers"])!.AsArray().SelectMany(part => Steps(part!.AsObject()))
        : [component];
}
