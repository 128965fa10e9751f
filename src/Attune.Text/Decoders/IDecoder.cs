using System.Text.Json;

namespace Attune.Text.Decoders;

/// <summary>Turns tokens back into text; immutable, shared by threads.</summary>
internal interface IDecoder
{
    /// <summary>Changes the tokens in place; afterwards they are joined without anything between them.</summary>
    void Decode(List<string> tokens);

    /// <summary>Writes the component as an object of tokenizer.json.</summary>
    void Write(Utf8JsonWriter json);
}
