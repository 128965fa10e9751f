using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Files;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;

namespace Attune.Text;

/// <summary>How a WordPiece vocabulary becomes a tokenizer; defaults are those of BERT.</summary>
public sealed record WordPieceVocabularyOptions
{
    /// <summary>Whether letters become small. Default yes.</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>Whether accents are stripped; null means as <see cref="Lowercase"/>.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Whether ideographs stand alone. Default yes.</summary>
    public bool SplitIdeographs { get; init; } = true;

    /// <summary>Token for words that cannot be spelled. Default [UNK].</summary>
    public string UnknownToken { get; init; } = "[UNK]";

    /// <summary>Token before a text. Default [CLS].</summary>
    public string StartToken { get; init; } = "[CLS]";

    /// <summary>Token behind each text. Default [SEP].</summary>
    public string SeparatorToken { get; init; } = "[SEP]";

    /// <summary>Further special tokens; those that the vocabulary lacks are left out. Default [PAD] and [MASK].</summary>
    public IReadOnlyList<string> FurtherSpecialTokens { get; init; } = ["[PAD]", "[MASK]"];
}

/// <summary>Reads the WordPiece vocabularies of BERT (<c>vocab.txt</c>): one token a line, the line's number is the id.</summary>
public static class WordPieceVocabulary
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="TextException">The file is no vocabulary, or lacks a special token.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tokenizer Load(string path, WordPieceVocabularyOptions? options = null) => Parse(File.ReadAllBytes(path), path, options);

    /// <summary>Reads the content of a file.</summary>
    /// <param name="utf8">The content.</param>
    /// <param name="nameForErrors">What errors call the file.</param>
    /// <param name="options">How it is used; null for the defaults.</param>
    /// <exception cref="TextException">The content is no vocabulary, or lacks a special token.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> utf8, string nameForErrors, WordPieceVocabularyOptions? options = null) =>
        Build(VocabularyLines.Read(utf8.Span, nameForErrors), options ?? new WordPieceVocabularyOptions(), nameForErrors);

    internal static Tokenizer Build(IReadOnlyList<string> lines, WordPieceVocabularyOptions options, string place)
    {
        WordPieceModel model = BuildModel(lines, options, place);
        string[] named = [options.UnknownToken, options.StartToken, options.SeparatorToken];
        IEnumerable<string> further = options.FurtherSpecialTokens.Where(token => model.Vocabulary.Find(token) >= 0);
        AddedToken[] special = [.. named.Concat(further).Distinct(StringComparer.Ordinal).Select(token => new AddedToken(Require(token), token) { Special = true })];
        return Build(model, new AddedVocabulary(special, model.Vocabulary, normalizer: null, place), TextTemplate.OfBert(options.StartToken, options.SeparatorToken).Build(Require, place), options);

        int Require(string token) => model.Vocabulary.Find(token) is >= 0 and int id ? id : throw new TextException(
            $"{place}: expected the special token '{token}' among the lines, found none such in {lines.Count}; where it has another name, tokenizer_config.json of the model's folder says so");
    }

    internal static WordPieceModel BuildModel(IReadOnlyList<string> lines, WordPieceVocabularyOptions options, string place)
    {
        var tokens = new List<(string Token, int Id)>(lines.Count);
        for (int id = 0; id < lines.Count; id++)
        {
            if (lines[id].Length > 0)
            {
                tokens.Add((lines[id], id));
            }
        }

        return new WordPieceModel(tokens, new WordPieceOptions { UnknownToken = options.UnknownToken }, place);
    }

    internal static Tokenizer Build(WordPieceModel model, AddedVocabulary added, TemplatePostProcessor template, WordPieceVocabularyOptions options) =>
        new PipelineTokenizer(new TokenizerParts(model, added)
        {
            Normalizer = BuildNormalizer(options),
            PreTokenizer = new BertPreTokenizer(),
            PostProcessor = template,
            Decoder = new WordPieceDecoder("##", cleanup: true),
        });

    internal static BertNormalizer BuildNormalizer(WordPieceVocabularyOptions options) =>
        new(cleanText: true, options.SplitIdeographs, options.StripAccents, options.Lowercase);
}
