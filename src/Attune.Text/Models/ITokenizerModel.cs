using System.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.Models;

/// <summary>The part of a tokenizer that turns pieces of text into ids; immutable, shared by threads.</summary>
internal interface ITokenizerModel
{
    /// <summary>The vocabulary.</summary>
    TokenTable Vocabulary { get; }

    /// <summary>Whether sessions can read bytes that stand for their characters of the byte-level alphabet.</summary>
    bool ReadsByteLevel { get; }

    /// <summary>Makes the mutable state for one thread.</summary>
    /// <param name="byteLevel">Whether the bytes of pieces stand for their characters of the byte-level alphabet.</param>
    IModelSession CreateSession(bool byteLevel);

    /// <summary>Writes the model as an object of tokenizer.json.</summary>
    void Write(Utf8JsonWriter json);
}

/// <summary>A model in use by one thread, with its scratch memory and cache.</summary>
internal interface IModelSession
{
    /// <summary>Adds the tokens of a piece that starts at <paramref name="offset"/>.</summary>
    void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens);
}
