using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.Decoders;

/// <summary><c>Sequence</c>: decoders one after the other.</summary>
internal sealed class SequenceDecoder(IDecoder[] parts) : IDecoder
{
    private const long MaxFreeCharacters = 1 << 20;
    private const long MaxGrowth = 64;

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static SequenceDecoder Read(JsonView json) => new([.. json["decoders"].Items().Select(KnownDecoders.All.Read)]);

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        long limit = MaxFreeCharacters + (MaxGrowth * tokens.Sum(token => (long)token.Length));
        foreach (IDecoder part in parts)
        {
            part.Decode(tokens);
            if (tokens.Sum(token => (long)token.Length) > limit)
            {
                throw new TextException($"the tokenizer's decoder makes more than {limit} characters of the tokens; its replacements are too long");
            }
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        foreach (IDecoder part in parts)
        {
            part.Write(json);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
