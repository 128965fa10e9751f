using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.Decoders;

/// <summary><c>BPEDecoder</c>: the end-of-word suffix becomes a blank, at the end of the text nothing.</summary>
internal sealed class BpeDecoder(string suffix) : IDecoder
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static BpeDecoder Read(JsonView json) => new(json["suffix"].AsString());

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        if (suffix.Length == 0)
        {
            return;
        }

        for (int i = 0; i < tokens.Count; i++)
        {
            tokens[i] = tokens[i].Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal);
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BPEDecoder");
        json.WriteString("suffix", suffix);
        json.WriteEndObject();
    }
}
