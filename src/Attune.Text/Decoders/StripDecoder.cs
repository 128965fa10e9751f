using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.Decoders;

/// <summary><c>Strip</c>: takes a character away from both ends of every token.</summary>
/// <param name="content">The character.</param>
/// <param name="start">At most so many from the start.</param>
/// <param name="stop">At most so many from the end.</param>
internal sealed class StripDecoder(string content, int start, int stop) : IDecoder
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static StripDecoder Read(JsonView json) => new(json["content"].AsCharacter(), json["start"].AsCount(), json["stop"].AsCount());

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            string token = tokens[i];
            int first = 0;
            for (int n = 0; n < start && string.CompareOrdinal(token, first, content, 0, content.Length) == 0; n++)
            {
                first += content.Length;
            }

            int last = token.Length;
            for (int n = 0; n < stop && last - content.Length >= first && string.CompareOrdinal(token, last - content.Length, content, 0, content.Length) == 0; n++)
            {
                last -= content.Length;
            }

            tokens[i] = token[first..last];
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Strip");
        json.WriteString("content", content);
        json.WriteNumber("start", start);
        json.WriteNumber("stop", stop);
        json.WriteEndObject();
    }
}
