using System.Text.Json;

namespace Attune.Text.Normalizers;

/// <summary>Changes text before it is cut; immutable, shared by threads.</summary>
internal interface INormalizer : IPieceStep
{
    /// <summary>Writes the component as an object of tokenizer.json.</summary>
    void Write(Utf8JsonWriter json);
}
