namespace Attune.Text.Gguf;

/// <summary>The kinds of vocabularies that a GGUF file can have: the values of <c>tokenizer.ggml.model</c>.</summary>
internal static class KnownGgufModels
{
    /// <summary>The name of SentencePiece BPE.</summary>
    public const string SentencePieceBpe = "llama";

    /// <summary>The name of SentencePiece Unigram.</summary>
    public const string SentencePieceUnigram = "t5";

    /// <summary>The name of WordPiece.</summary>
    public const string WordPiece = "bert";

    private static readonly SortedDictionary<string, Func<GgufVocabularySource, string, Tokenizer>> All = new(StringComparer.Ordinal)
    {
        { WordPiece, WordPieceGguf.Build },
        { "gpt2", ByteLevelGguf.Build },
        { SentencePieceBpe, SentencePieceGguf.BuildBpe },
        { SentencePieceUnigram, SentencePieceGguf.BuildUnigram },
    };

    /// <summary>Builds the tokenizer of a vocabulary.</summary>
    /// <exception cref="TextException">Its model is not known, or the arrays do not fit together.</exception>
    public static Tokenizer Build(GgufVocabularySource source, string place) => All.TryGetValue(source.Model, out Func<GgufVocabularySource, string, Tokenizer>? build)
        ? build(source, place)
        : throw new TextException($"{place}: tokenizer.ggml.model is '{source.Model}'; known are {string.Join(", ", All.Keys)}");
}
