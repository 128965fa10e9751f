namespace Attune.Formats;

/// <summary>Where a model's tokenizer comes from.</summary>
public abstract record TokenizerSource
{
    /// <summary>Text of the token that begins a text, or null.</summary>
    public string? BosToken { get; init; }

    /// <summary>Text of the token that ends a text, or null.</summary>
    public string? EosToken { get; init; }

    /// <summary>Text of the token that fills, or null.</summary>
    public string? PadToken { get; init; }

    /// <summary>Text of the token for what the vocabulary lacks, or null.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Text of the token between texts (BERT), or null.</summary>
    public string? SeparatorToken { get; init; }

    /// <summary>Text of the token that hides another, or null.</summary>
    public string? MaskToken { get; init; }

    /// <summary>Whether the token that begins a text is put before it, or null when not said.</summary>
    public bool? AddBosToken { get; init; }

    /// <summary>Whether the token that ends a text is put behind it, or null when not said.</summary>
    public bool? AddEosToken { get; init; }
}

/// <summary>A tokenizer in a Hugging Face folder: <c>tokenizer.json</c>, or the vocabulary files of older models.</summary>
/// <param name="Folder">The folder.</param>
public sealed record HuggingFaceTokenizerSource(string Folder) : TokenizerSource
{
    /// <summary>Names of the files that hold the tokenizer; a folder has one of them, or some that belong together.</summary>
    public static IReadOnlyList<string> VocabularyNames { get; } =
    [
        "tokenizer.json", "vocab.json", "vocab.txt", "tokenizer.model", "spiece.model", "spm.model", "sentencepiece.bpe.model", "sentencepiece.model", "source.spm", "target.spm",
        "target_vocab.json", "qwen.tiktoken",
    ];

    /// <summary>Which files the tokenizer of a folder is made of: the first of <see cref="VocabularyNames"/> alone, or else those of the others that are there.</summary>
    public static IReadOnlyList<string> FilesIn(string folder)
    {
        string[] files = [.. VocabularyNames.Where(name => File.Exists(Path.Combine(folder, name)))];
        return files is [var first, ..] && first == VocabularyNames[0] ? [first] : files;
    }
}

/// <summary>A tokenizer inside a GGUF file, as plain arrays.</summary>
/// <param name="Model">Kind of tokenizer in the words of ggml: <c>gpt2</c> (byte-level BPE), <c>llama</c> (SentencePiece), <c>bert</c> (WordPiece), <c>t5</c> (Unigram).</param>
/// <param name="Tokens">Texts of the tokens by id, in the file's own spelling.</param>
public sealed record GgufTokenizerSource(string Model, IReadOnlyList<string> Tokens) : TokenizerSource
{
    /// <summary>Name of the pre-tokenizer, such as <c>smollm</c>, or null.</summary>
    public string? Pre { get; init; }

    /// <summary>Merges as pairs with a space between, best first, or null.</summary>
    public IReadOnlyList<string>? Merges { get; init; }

    /// <summary>Kind of each token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; or null.</summary>
    public IReadOnlyList<int>? TokenTypes { get; init; }

    /// <summary>Score of each token, or null.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary>Id of the token that begins a text, or null.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Id of the token that ends a text, or null.</summary>
    public int? EosTokenId { get; init; }

    /// <summary>Id of the token that fills, or null.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Id of the token for what the vocabulary lacks, or null.</summary>
    public int? UnknownTokenId { get; init; }

    /// <summary>Id of the token between texts, or null.</summary>
    public int? SeparatorTokenId { get; init; }

    /// <summary>Id of the token that hides another, or null.</summary>
    public int? MaskTokenId { get; init; }

    /// <summary>Whether a space is put before a text, or null when not said.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary>Whether runs of spaces become one (SentencePiece), or null when not said.</summary>
    public bool? RemoveExtraWhitespace { get; init; }

    /// <summary>The compiled map of characters of SentencePiece; empty for none.</summary>
    public ReadOnlyMemory<byte> CharacterMap { get; init; }
}
