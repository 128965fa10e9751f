using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.SentencePiece;

namespace Attune.Text.Gguf;

/// <summary>A SentencePiece BPE vocabulary as Hugging Face's BPE, whose merges are the scores in order, so that it can be written as tokenizer.json.</summary>
internal static class SentencePieceAsBpe
{
    private const string Blank = "\u2581";

    /// <summary>Builds the tokenizer of a vocabulary that <see cref="SentencePieceGguf"/> takes.</summary>
    /// <exception cref="TextException">The vocabulary has what tokenizer.json has no parts for.</exception>
    public static Tokenizer Build(GgufVocabularySource source, string place)
    {
        if (source.RemoveExtraWhitespace || !source.CharacterMap.IsEmpty)
        {
            throw new TextException($"{place}: a SentencePiece vocabulary that changes characters or joins blanks cannot be written as tokenizer.json; keep the file that it came from");
        }

        IReadOnlyList<string> tokens = source.Tokens;
        PieceType TypeOf(int id) => (PieceType)source.TokenTypes![id];
        int unknown = Enumerable.Range(0, tokens.Count).FirstOrDefault(id => TypeOf(id) == PieceType.Unknown, -1);
        var model = new BpeModel(
            [.. tokens.Select((token, id) => (token, id))],
            Merges(source),
            new BpeOptions { UnknownToken = unknown < 0 ? null : tokens[unknown], FuseUnknown = true, ByteFallback = source.TokenTypes!.Contains((int)PieceType.Byte) },
            place);
        AddedToken[] added =
        [
            .. Enumerable.Range(0, tokens.Count).Where(id => TypeOf(id) is PieceType.Unknown or PieceType.Control or PieceType.UserDefined)
                .Select(id => new AddedToken(id, tokens[id]) { Special = TypeOf(id) != PieceType.UserDefined }),
        ];
        INormalizer blanks = new ReplaceNormalizer(new PatternSource(" ", IsRegex: false), new StringPattern(" "), Blank);
        IDecoder[] decoders =
        [
            new ReplaceDecoder(new PatternSource(Blank, IsRegex: false), new StringPattern(Blank), " "),
            new ByteFallbackDecoder(),
            new FuseDecoder(),
            .. source.AddSpacePrefix ? [new StripDecoder(" ", 1, 0)] : Array.Empty<IDecoder>(),
        ];
        return new PipelineTokenizer(new TokenizerParts(model, new AddedVocabulary(added, model.Vocabulary, normalizer: null, place))
        {
            Normalizer = source.AddSpacePrefix ? new SequenceNormalizer([new PrependNormalizer(Blank), blanks]) : blanks,
            PostProcessor = SpecialTokenTemplate.Build(tokens, source.AddBegin ?? true ? source.BeginId : null, source.AddEnd == true ? source.EndId : null, place),
            Decoder = new SequenceDecoder(decoders),
        });
    }

    // The piece with the highest score is made first.
    private static (string Left, string Right)[] Merges(GgufVocabularySource source)
    {
        var merges = new List<(int Left, int Right, int Whole)>();
        MergeFinder.FindAll(
            source.Tokens.Count,
            id => (PieceType)source.TokenTypes![id] is PieceType.Normal or PieceType.UserDefined ? System.Text.Encoding.UTF8.GetBytes(source.Tokens[id]) : default,
            (left, right, whole) => merges.Add((left, right, whole)));
        return [.. merges.OrderByDescending(merge => source.Scores![merge.Whole]).Select(merge => (source.Tokens[merge.Left], source.Tokens[merge.Right]))];
    }
}
