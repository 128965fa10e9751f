using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Pipeline;
using Attune.Text.PreTokenizers;
using Attune.Text.SentencePiece;

namespace Attune.Text.Files;

/// <summary>Makes the tokenizer of a class from a folder's SentencePiece model.</summary>
internal static class SentencePieceConverter
{
    private const string Mark = "\u2581";
    private const double AvoidedScore = 100;

    /// <summary>Loads the tokenizer of a folder.</summary>
    /// <exception cref="TextException">A file is missing or damaged, or cuts as the class cannot.</exception>
    public static Tokenizer Load(SentencePieceLayout layout, string folder, TokenizerConfig config) =>
        Convert(layout, VocabularyFile.Read(folder, layout.FileName, out string path), path, config);

    /// <summary>Makes the tokenizer of a class from the content of a model.</summary>
    /// <exception cref="TextException">The content is damaged, or cuts as the class cannot.</exception>
    public static Tokenizer Convert(SentencePieceLayout layout, ReadOnlySpan<byte> content, string path, TokenizerConfig config)
    {
        var file = SentencePieceFile.Parse(content, path);
        IReadOnlyList<(string Token, double Score)> head = layout.Head(config);
        string[] tail = [.. layout.Tail(config)];
        double Score(VocabularyPiece piece) => layout.AvoidsNumbersWithComma && IsNumberWithComma(piece.Text) ? piece.Score - AvoidedScore : piece.Score;
        List<(string Token, double Score)> vocabulary = [.. head, .. file.Pieces.Skip(layout.ReplacedPieces).Select(piece => (piece.Text, Score(piece)))];
        HashSet<string> known = [.. vocabulary.Select(entry => entry.Token)];
        vocabulary.AddRange(tail.Where(known.Add).Select(token => (token, 0.0)));

        ITokenizerModel model = BuildModel(file, vocabulary, FindUnknown(file, head, layout.ReplacedPieces, path), path);
        INormalizer normalizer = layout.Normalizer(file, config, path);
        AddedTokenList added = GatherTokens(layout, file, [.. head.Select(entry => entry.Token), .. tail], new AddedTokenList(config, model.Vocabulary, path));
        var marks = new MetaspaceSettings(Mark, layout.Prepend(config), Split: true);
        var parts = new TokenizerParts(model, added.Build(normalizer))
        {
            Normalizer = normalizer,
            PreTokenizer = layout.Cut(config) is { } cut ? new SequencePreTokenizer([cut, new MetaspacePreTokenizer(marks)]) : new MetaspacePreTokenizer(marks),
            PostProcessor = layout.Template(config)?.Build(added.IdOf, path),
            Decoder = new MetaspaceDecoder(marks),
        };
        return new PipelineTokenizer(parts with
        {
            Targets = layout.TargetTemplate is { } target ? new PipelineTokenizer(parts with { PostProcessor = target(config).Build(added.IdOf, path) }) : null,
        });
    }

    private static bool IsNumberWithComma(string piece) => piece is [.., var before, ','] && char.IsDigit(before);

    /// <summary>The unknown token: that of the model, or of the head where that stands for it.</summary>
    private static int FindUnknown(SentencePieceFile file, IReadOnlyList<(string Token, double Score)> head, int replaced, string place)
    {
        int[] unknown = [.. Enumerable.Range(0, file.Pieces.Count).Where(id => file.Pieces[id].Type == PieceType.Unknown)];
        int piece = unknown.Length == 1 ? unknown[0] : throw new TextException($"{place}: expected one unknown piece, found {unknown.Length}");
        return piece >= replaced ? piece + head.Count - replaced
            : Enumerable.Range(0, head.Count).FirstOrDefault(id => head[id].Token == "<unk>", -1) is >= 0 and int id ? id
            : throw new TextException($"{place}: expected the unknown piece from piece {replaced} on, found it at {piece}; the model is of another class than tokenizer_config.json says");
    }

    private static ITokenizerModel BuildModel(SentencePieceFile file, List<(string Token, double Score)> vocabulary, int unknown, string place) => file.Type switch
    {
        SegmentationType.Unigram => new UnigramModel(vocabulary, new UnigramOptions { UnknownId = unknown }, place),
        SegmentationType.Bpe => new BpeModel(
            [.. vocabulary.Select((entry, id) => (entry.Token, id))],
            FindMerges(vocabulary),
            new BpeOptions { UnknownToken = vocabulary[unknown].Token, FuseUnknown = true },
            place),
        _ => throw new TextException($"{place}: expected a model of the kind Unigram or BPE, found {file.Type}; the tokenizer's class has no others"),
    };

    /// <summary>The merges that make the pieces, those with the best scores first; of equal ones those with the longer parts.</summary>
    private static (string Left, string Right)[] FindMerges(List<(string Token, double Score)> vocabulary)
    {
        byte[][] tokens = [.. vocabulary.Select(entry => System.Text.Encoding.UTF8.GetBytes(entry.Token))];
        var merges = new List<(int Left, int Right, int Whole)>();
        MergeFinder.FindAll(tokens.Length, id => tokens[id], (left, right, whole) => merges.Add((left, right, whole)));
        int[] lengths = [.. vocabulary.Select(entry => entry.Token.EnumerateRunes().Count())];
        return
        [
            .. merges.OrderByDescending(merge => vocabulary[merge.Whole].Score)
                .ThenByDescending(merge => lengths[merge.Left])
                .ThenByDescending(merge => lengths[merge.Right])
                .Select(merge => (vocabulary[merge.Left].Token, vocabulary[merge.Right].Token)),
        ];
    }

    private static AddedTokenList GatherTokens(SentencePieceLayout layout, SentencePieceFile file, string[] ofClass, AddedTokenList added)
    {
        foreach ((string role, string token) in layout.Special)
        {
            added.AddRole(role, token, takesSpaceBefore: layout.MaskTakesSpace && role == "mask_token");
        }

        added.AddSpecial(ofClass);
        foreach (VocabularyPiece piece in file.Pieces.Where(piece => piece.Type is PieceType.Control or PieceType.UserDefined))
        {
            added.Put(new AddedToken(AddedTokenList.NoId, piece.Text) { Special = piece.Type == PieceType.Control });
        }

        return added;
    }
}
