using System.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.Normalizers;

/// <summary>Changes text before it is cut; immutable, shared by threads.</summary>
internal interface INormalizer : IPieceRewriter
{
    /// <summary>Whether a text certainly stays as it is; false when that takes more than a look.</summary>
    bool LeavesUnchanged(ReadOnlySpan<byte> text);

    /// <summary>Writes the component as an object of tokenizer.json.</summary>
    void Write(Utf8JsonWriter json);
}
