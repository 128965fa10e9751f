using Attune.Text.Gguf;
using Attune.Text.Pipeline;

namespace Attune.Text;

/// <summary>Builds tokenizers from the vocabulary in the metadata of a GGUF file (<c>tokenizer.ggml.*</c>).</summary>
public static class GgufVocabulary
{
    /// <summary>The values of <c>tokenizer.ggml.pre</c> that are known.</summary>
    public static IReadOnlyList<string> PreTokenizers => KnownGgufPreTokenizers.Names;

    /// <summary>Builds a tokenizer.</summary>
    /// <param name="source">The vocabulary.</param>
    /// <param name="nameForErrors">What errors call the file.</param>
    /// <exception cref="TextException">The model or the cut is not known, or the arrays do not fit together.</exception>
    public static Tokenizer Build(GgufVocabularySource source, string nameForErrors = "GGUF vocabulary")
    {
        RequireSameLength(source, source.TokenTypes?.Count, "token type", nameForErrors);
        RequireSameLength(source, source.Scores?.Count, "score", nameForErrors);
        return KnownGgufModels.Build(source, nameForErrors);
    }

    /// <summary>Writes the tokenizer of a vocabulary as <c>tokenizer.json</c>; SentencePiece models become BPE and Unigram models with the same ids.</summary>
    /// <param name="source">The vocabulary.</param>
    /// <param name="nameForErrors">What errors call the file.</param>
    /// <exception cref="TextException">The vocabulary cannot be built, or tokenizer.json has no parts for it.</exception>
    public static string WriteJson(GgufVocabularySource source, string nameForErrors = "GGUF vocabulary")
    {
        Tokenizer tokenizer = Build(source, nameForErrors);
        return TokenizerJson.Write(source.Model switch
        {
            KnownGgufModels.SentencePieceBpe => SentencePieceAsBpe.Build(source, nameForErrors),
            KnownGgufModels.SentencePieceUnigram => SentencePieceAsUnigram.Build(source, nameForErrors),
            _ => tokenizer,
        });
    }

    /// <summary>The value of <c>tokenizer.ggml.pre</c> that makes <see cref="Build"/> cut text as a byte-level BPE tokenizer does; one with NFC is given the name of its cut, as GGUF has no normal forms.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <returns>Null when no value does.</returns>
    public static string? FindPreTokenizer(Tokenizer tokenizer) => tokenizer is PipelineTokenizer { Parts: { } parts } ? GgufPreTokenizerNames.Of(parts) : null;

    /// <summary>The arrays of a tokenizer that is a SentencePiece model, a Unigram vocabulary that treats blanks as one does, or a WordPiece vocabulary in small letters: <c>llama</c>, <c>t5</c> or <c>bert</c>. What it adds around texts is not among them.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <returns>Null for every other tokenizer.</returns>
    public static GgufVocabularySource? FindPieces(Tokenizer tokenizer) => tokenizer is PipelineTokenizer { Parts: { } parts } ? WordPieceGguf.Of(parts) ?? SentencePieceArrays.Of(parts) : null;

    private static void RequireSameLength(GgufVocabularySource source, int? count, string what, string name)
    {
        if (count is { } given && given != source.Tokens.Count)
        {
            throw new TextException($"{name}: expected one {what} per token, found {given} {what}s and {source.Tokens.Count} tokens");
        }
    }
}
