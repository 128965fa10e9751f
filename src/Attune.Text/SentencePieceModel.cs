using Attune.Text.AddedTokens;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.SentencePiece;

namespace Attune.Text;

/// <summary>How a SentencePiece vocabulary becomes a tokenizer.</summary>
public sealed record SentencePieceOptions
{
    /// <summary>Whether special tokens include the one that begins a text. Default no.</summary>
    public bool AddBegin { get; init; }

    /// <summary>Whether special tokens include the one that ends a text. Default no.</summary>
    public bool AddEnd { get; init; }

    /// <summary>Whether two texts begin once, with the token that ends a text twice between them, as RoBERTa has it. Default no.</summary>
    public bool JoinsTexts { get; init; }

    /// <summary>Whether control tokens that stand in the text are recognised; SentencePiece itself does not. Default yes.</summary>
    public bool RecognizeSpecialTokens { get; init; } = true;
}

/// <summary>Reads SentencePiece models (<c>tokenizer.model</c>, <c>spiece.model</c>): BPE, Unigram, words and characters.</summary>
public static class SentencePieceModel
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="TextException">The file is no SentencePiece model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tokenizer Load(string path, SentencePieceOptions? options = null) => Parse(File.ReadAllBytes(path), path, options);

    /// <summary>Reads the content of a file.</summary>
    /// <param name="content">The content.</param>
    /// <param name="nameForErrors">What errors call the file.</param>
    /// <param name="options">How it is used; null for the defaults.</param>
    /// <exception cref="TextException">The content is no SentencePiece model.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> content, string nameForErrors, SentencePieceOptions? options = null) =>
        Parse(content, nameForErrors, options ?? new SentencePieceOptions(), []);

    internal static Tokenizer Parse(ReadOnlyMemory<byte> content, string nameForErrors, SentencePieceOptions options, IReadOnlyList<AddedToken> furtherTokens) =>
        Build(SentencePieceFile.Parse(content.Span, nameForErrors), options, nameForErrors, furtherTokens);

    internal static Tokenizer Build(SentencePieceFile file, SentencePieceOptions options, string place, IReadOnlyList<AddedToken> furtherTokens)
    {
        var vocabulary = new SentencePieceVocabulary(file.Pieces, file.ByteFallback, place);
        AddedToken[] control = [.. file.Pieces
            .Select((piece, id) => (Piece: piece, Id: id))
            .Where(entry => entry.Piece.Type is PieceType.Control or PieceType.Unknown)
            .Select(entry => new AddedToken(entry.Id, entry.Piece.Text) { Special = true })];
        var added = new AddedVocabulary([.. furtherTokens, .. control], vocabulary.Table, normalizer: null, place, options.RecognizeSpecialTokens);
        return new PipelineTokenizer(new TokenizerParts(new SentencePieceTextModel(vocabulary, SegmenterOf(file, vocabulary, place)), added)
        {
            Normalizer = new SentencePieceNormalizer(file, vocabulary.UserDefined, place),
            PostProcessor = SpecialTokenTemplate.Build(
                file.Pieces.Select(piece => piece.Text).ToArray(),
                options.AddBegin ? file.BeginId : null,
                options.AddEnd ? file.EndId : null,
                place,
                options.JoinsTexts),
            Decoder = new SentencePieceDecoder(
                file,
                file.Pieces[vocabulary.UnknownId].Text,
                vocabulary.Bytes),
        });
    }

    internal static TextException CannotBeWritten() =>
        new("a SentencePiece vocabulary cannot be written as tokenizer.json; keep the file that it came from");

    internal static Func<ISegmenter> SegmenterOf(SentencePieceFile file, SentencePieceVocabulary vocabulary, string place)
    {
        switch (file.Type)
        {
            case SegmentationType.Bpe:
                var merges = new BpeMerges(vocabulary, place);
                return () => new BpeSegmenter(vocabulary, merges);
            case SegmentationType.Word:
                return () => new WordSegmenter(vocabulary, file.BlankIsSuffix, file.AllowBlankPieces);
            case SegmentationType.Character:
                return () => new CharacterSegmenter(vocabulary);
            default:
                return UnigramSegmenter.For(vocabulary);
        }
    }
}
