using System.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PreTokenizers;

/// <summary>Cuts text into the pieces that the model reads; immutable, shared by threads.</summary>
internal interface IPreTokenizer
{
    /// <summary>Cuts (and perhaps rewrites) the text pieces.</summary>
    void PreTokenize(PipelineText text);

    /// <summary>Writes the component as an object of tokenizer.json.</summary>
    void Write(Utf8JsonWriter json);
}
