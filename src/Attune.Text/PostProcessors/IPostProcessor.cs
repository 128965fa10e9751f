using System.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PostProcessors;

/// <summary>Finishes an encoding: adds special tokens, corrects offsets; immutable, shared by threads.</summary>
internal interface IPostProcessor
{
    /// <summary>Number of special tokens that it adds to one text or to two.</summary>
    int CountAdded(bool isPair);

    /// <summary>Lays out one text or two, perhaps with added tokens between them; what it gives is put one behind the other.</summary>
    /// <param name="drafts">The texts.</param>
    /// <param name="vocabulary">The tokens by id, added ones included.</param>
    /// <param name="addSpecialTokens">Whether special tokens are added.</param>
    IReadOnlyList<Draft> Process(IReadOnlyList<Draft> drafts, IVocabulary vocabulary, bool addSpecialTokens);

    /// <summary>Writes the component as an object of tokenizer.json.</summary>
    void Write(Utf8JsonWriter json);
}

/// <summary>Tokens by id.</summary>
internal interface IVocabulary
{
    /// <summary>A token in UTF-8; empty when there is none.</summary>
    ReadOnlySpan<byte> Token(int id);
}
