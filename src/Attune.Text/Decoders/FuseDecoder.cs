using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.Decoders;

/// <summary><c>Fuse</c>: joins all tokens to one, so that what follows sees the whole text.</summary>
internal sealed class FuseDecoder : IDecoder
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static FuseDecoder Read(JsonView json) => new();

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        string text = string.Concat(tokens);
        tokens.Clear();
        tokens.Add(text);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Fuse");
        json.WriteEndObject();
    }
}
