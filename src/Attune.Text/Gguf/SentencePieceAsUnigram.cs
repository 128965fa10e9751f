using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;
using Attune.Text.SentencePiece;

namespace Attune.Text.Gguf;

/// <summary>A SentencePiece Unigram vocabulary as Hugging Face's Unigram, as T5 has it, so that it can be written as tokenizer.json.</summary>
internal static class SentencePieceAsUnigram
{
    private const string Blank = "\u2581";

    /// <summary>Builds the tokenizer of a vocabulary that <see cref="SentencePieceGguf"/> takes.</summary>
    /// <exception cref="TextException">The vocabulary has no unknown piece.</exception>
    public static Tokenizer Build(GgufVocabularySource source, string place)
    {
        IReadOnlyList<string> tokens = source.Tokens;
        PieceType TypeOf(int id) => (PieceType)source.TokenTypes![id];
        int unknown = Enumerable.Range(0, tokens.Count).FirstOrDefault(id => TypeOf(id) == PieceType.Unknown, -1);
        if (unknown < 0)
        {
            throw new TextException($"{place}: expected a token of type {(int)PieceType.Unknown} (unknown), found none");
        }

        // Pieces that no text has are as unlikely as the least likely piece.
        float least = Enumerable.Range(0, tokens.Count).Where(id => TypeOf(id) == PieceType.Normal).Select(id => source.Scores![id]).DefaultIfEmpty(0).Min();
        var model = new UnigramModel(
            [.. tokens.Select((token, id) => (token, TypeOf(id) == PieceType.Unused ? least : (double)source.Scores![id]))],
            new UnigramOptions { UnknownId = unknown, ByteFallback = source.TokenTypes!.Contains((int)PieceType.Byte) },
            place);
        AddedToken[] added =
        [
            .. Enumerable.Range(0, tokens.Count).Where(id => TypeOf(id) is PieceType.Unknown or PieceType.Control or PieceType.UserDefined)
                .Select(id => new AddedToken(id, tokens[id]) { Special = TypeOf(id) != PieceType.UserDefined, Normalized = false }),
        ];

        var parts = new TokenizerParts(model, new AddedVocabulary(added, model.Vocabulary, normalizer: null, place))
        {
            PostProcessor = SpecialTokenTemplate.Build(tokens, source.AddBegin == true ? source.BeginId : null, source.AddEnd ?? true ? source.EndId : null, place, source.IsJoined),
        };
        return new PipelineTokenizer(Blanks(parts, source, place));
    }

    // Metaspace puts no blank before text that begins with one, which makes a difference unless runs of blanks become one.
    private static TokenizerParts Blanks(TokenizerParts parts, GgufVocabularySource source, string place)
    {
        INormalizer[] map = source.CharacterMap.IsEmpty ? [] : [PrecompiledNormalizer.Of(source.CharacterMap.ToArray(), place + ": precompiled_charsmap")];
        if (source.AddSpacePrefix && !source.RemoveExtraWhitespace)
        {
            return parts with
            {
                Normalizer = new SequenceNormalizer([.. map, new PrependNormalizer(Blank), new ReplaceNormalizer(new PatternSource(" ", IsRegex: false), new StringPattern(" "), Blank)]),
                Decoder = new SequenceDecoder([new ReplaceDecoder(new PatternSource(Blank, IsRegex: false), new StringPattern(Blank), " "), new ByteFallbackDecoder(), new FuseDecoder(), new StripDecoder(" ", 1, 0)]),
            };
        }

        // A cut before each blank changes nothing where no token reaches beyond one.
        bool splits = !source.Tokens.Any(token => token.LastIndexOf(Blank, StringComparison.Ordinal) > 0);
        var marks = new MetaspaceSettings(Blank, source.AddSpacePrefix ? PrependScheme.Always : PrependScheme.Never, splits);
        INormalizer[] joins = source.RemoveExtraWhitespace
            ? [new StripNormalizer(left: false, right: true), new ReplaceNormalizer(new PatternSource(" {2,}", IsRegex: true), KnownPatterns.Compile(" {2,}", place), Blank)]
            : [];
        return parts with
        {
            Normalizer = map.Length + joins.Length > 0 ? new SequenceNormalizer([.. map, .. joins]) : null,
            PreTokenizer = new MetaspacePreTokenizer(marks),
            Decoder = new MetaspaceDecoder(marks),
        };
    }
}
