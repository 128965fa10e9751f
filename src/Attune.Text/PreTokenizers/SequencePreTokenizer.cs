using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PreTokenizers;

/// <summary><c>Sequence</c>: pre-tokenizers one after the other.</summary>
internal sealed class SequencePreTokenizer(IPreTokenizer[] parts) : IPreTokenizer
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static SequencePreTokenizer Read(JsonView json) => new([.. json["pretokenizers"].Items().Select(KnownPreTokenizers.All.Read)]);

    /// <summary>The last part; null when there is none.</summary>
    public IPreTokenizer? Last => parts is [.., var last] ? last : null;

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text)
    {
        foreach (IPreTokenizer part in parts)
        {
            part.PreTokenize(text);
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        foreach (IPreTokenizer part in parts)
        {
            part.Write(json);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
