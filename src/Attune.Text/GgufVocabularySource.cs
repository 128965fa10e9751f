namespace Attune.Text;

/// <summary>The vocabulary in the metadata of a GGUF file (<c>tokenizer.ggml.*</c>).</summary>
/// <param name="Model"><c>tokenizer.ggml.model</c>: <c>gpt2</c> (byte-level BPE), <c>llama</c> (SentencePiece BPE), <c>t5</c> (SentencePiece Unigram) or <c>bert</c> (WordPiece).</param>
/// <param name="Tokens"><c>tokenizer.ggml.tokens</c>; the index is the id.</param>
public sealed record GgufVocabularySource(string Model, IReadOnlyList<string> Tokens)
{
    /// <summary><c>tokenizer.ggml.pre</c>, how text is cut; null for what llama.cpp does by default.</summary>
    public string? Pre { get; init; }

    /// <summary><c>tokenizer.ggml.merges</c>: two parts with a blank between them.</summary>
    public IReadOnlyList<string> Merges { get; init; } = [];

    /// <summary><c>tokenizer.ggml.token_type</c>: 1 normal, 2 unknown, 3 control (special), 4 user-defined, 5 unused, 6 byte; null when the file has none.</summary>
    public IReadOnlyList<int>? TokenTypes { get; init; }

    /// <summary><c>tokenizer.ggml.scores</c>; null when the file has none.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary><c>tokenizer.ggml.bos_token_id</c>.</summary>
    public int? BeginId { get; init; }

    /// <summary><c>tokenizer.ggml.eos_token_id</c>.</summary>
    public int? EndId { get; init; }

    /// <summary><c>tokenizer.ggml.padding_token_id</c>.</summary>
    public int? PadId { get; init; }

    /// <summary><c>tokenizer.ggml.unknown_token_id</c>.</summary>
    public int? UnknownId { get; init; }

    /// <summary><c>tokenizer.ggml.seperator_token_id</c>.</summary>
    public int? SeparatorId { get; init; }

    /// <summary><c>tokenizer.ggml.add_bos_token</c>: whether special tokens include the beginning of text; null for what the model usually does.</summary>
    public bool? AddBegin { get; init; }

    /// <summary><c>tokenizer.ggml.add_eos_token</c>: whether special tokens include the end of text; null for what the model usually does.</summary>
    public bool? AddEnd { get; init; }

    /// <summary><c>tokenizer.ggml.add_space_prefix</c>: whether a blank is put before the text (SentencePiece). Default yes.</summary>
    public bool AddSpacePrefix { get; init; } = true;

    /// <summary><c>tokenizer.ggml.remove_extra_whitespaces</c>: whether runs of blanks become one (SentencePiece). Default no.</summary>
    public bool RemoveExtraWhitespace { get; init; }

    /// <summary>Whether two texts are joined as RoBERTa has it: the token that ends a text is the one between texts, too.</summary>
    internal bool IsJoined => SeparatorId is { } separator && separator == EndId;

    /// <summary><c>tokenizer.ggml.precompiled_charsmap</c> (SentencePiece); empty for none.</summary>
    public ReadOnlyMemory<byte> CharacterMap { get; init; }
}
