using System.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PostProcessors;

/// <summary>Finishes an encoding: adds special tokens, corrects offsets; immutable, shared by threads.</summary>
internal interface IPostProcessor
{
    /// <summary>Changes the tokens of a single text; offsets are in code points.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="vocabulary">The tokens by id, added ones included.</param>
    /// <param name="addSpecialTokens">Whether special tokens are added.</param>
    void Process(TokenList tokens, IVocabulary vocabulary, bool addSpecialTokens);

    /// <summary>Writes the component as an object of tokenizer.json.</summary>
    void Write(Utf8JsonWriter json);
}

/// <summary>Tokens by id.</summary>
internal interface IVocabulary
{
    /// <summary>A token in UTF-8; empty when there is none.</summary>
    ReadOnlySpan<byte> Token(int id);
}
