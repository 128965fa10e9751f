using System.Text.Json.Nodes;
using Attune.Text.AddedTokens;
using Attune.Text.Models;
using Attune.Text.Pipeline;
using Attune.Text.SentencePiece;

namespace Attune.Text.Gguf;

/// <summary>The arrays of GGUF for SentencePiece models, and for Unigram vocabularies of <c>tokenizer.json</c> that do the same.</summary>
internal static class SentencePieceArrays
{
    private const string Blank = "\u2581";

    /// <summary>The arrays, or null when GGUF cannot say what the tokenizer does.</summary>
    public static GgufVocabularySource? Of(TokenizerParts parts) => parts.Model switch
    {
        SentencePieceTextModel when parts.Normalizer is SentencePieceNormalizer normalizer => OfFile(normalizer.File, parts.Added),
        UnigramModel model => OfUnigram(model, parts),
        _ => null,
    };

    private static GgufVocabularySource? OfFile(SentencePieceFile file, AddedVocabulary added)
    {
        if (file.Type is not (SegmentationType.Bpe or SegmentationType.Unigram) || file.BlankIsSuffix || !file.EscapeBlanks)
        {
            return null;
        }

        return Arrays(file.Type == SegmentationType.Bpe ? KnownGgufModels.SentencePieceBpe : KnownGgufModels.SentencePieceUnigram, file.Pieces, added) with
        {
            AddSpacePrefix = file.AddDummyPrefix,
            RemoveExtraWhitespace = file.RemoveExtraBlanks,
            CharacterMap = file.CharacterMap,
        };
    }

    private static GgufVocabularySource? OfUnigram(UnigramModel model, TokenizerParts parts)
    {
        string[] tokens = [.. Enumerable.Range(0, model.Vocabulary.Size).Select(id => model.Vocabulary.ToText(id)!)];
        if (model.UnknownId is not { } unknown || FindBlanks(parts, tokens) is not { } blanks)
        {
            return null;
        }

        bool fallsBack = Array.TrueForAll(model.ByteIds, id => id >= 0);
        VocabularyPiece[] pieces =
        [
            .. tokens.Select((token, id) => new VocabularyPiece(
                token, (float)model.Scores[id], id == unknown ? PieceType.Unknown : fallsBack && model.ByteIds.Contains(id) ? PieceType.Byte : PieceType.Normal)),
        ];
        return Arrays(KnownGgufModels.SentencePieceUnigram, pieces, parts.Added) with { AddSpacePrefix = blanks.First, RemoveExtraWhitespace = blanks.Joined, CharacterMap = blanks.Map };
    }

    // Added tokens are controls or defined by the user, whatever the model has them as; ids that nothing has are not used.
    private static GgufVocabularySource Arrays(string model, IReadOnlyList<VocabularyPiece> pieces, AddedVocabulary added)
    {
        VocabularyPiece[] all =
        [
            .. pieces, .. Enumerable.Range(pieces.Count, Math.Max(0, added.Size - pieces.Count)).Select(id => new VocabularyPiece($"[PAD{id}]", 0, PieceType.Unused)),
        ];
        foreach (AddedToken token in added.Tokens.Where(token => all[token.Id].Type != PieceType.Unknown))
        {
            all[token.Id] = new VocabularyPiece(token.Content, all[token.Id].Score, token.Special ? PieceType.Control : PieceType.UserDefined);
        }

        return new GgufVocabularySource(model, [.. all.Select(piece => piece.Text)])
        {
            Scores = [.. all.Select(piece => piece.Score)],
            TokenTypes = [.. all.Select(piece => (int)piece.Type)],
        };
    }

    /// <summary>What the parts before the model do with blanks, if SentencePiece can do the same.</summary>
    private static (bool First, bool Joined, byte[] Map)? FindBlanks(TokenizerParts parts, string[] tokens)
    {
        JsonObject[] cuts = parts.PreTokenizer is { } cut ? [.. ComponentSteps.Of(cut.Write)] : [];
        JsonObject[] steps = parts.Normalizer is { } normalizer ? [.. ComponentSteps.Of(normalizer.Write)] : [];
        if (cuts.Length == 0 && steps is [.. var before, var prepend, var replace] && before.Length < 2 && before.All(step => (string?)step["type"] == "Precompiled")
            && (string?)prepend["type"] == "Prepend" && (string?)prepend["prepend"] == Blank
            && (string?)replace["type"] == "Replace" && (string?)replace["pattern"]!["String"] == " " && (string?)replace["content"] == Blank)
        {
            return (true, false, before.Length == 0 ? [] : MapOf(before[0]));
        }

        if (cuts is not [.., var marks] || (string?)marks["type"] != "Metaspace" || (string?)marks["replacement"] != Blank
            || ((bool)marks["split"]! && tokens.Any(token => token.LastIndexOf(Blank, StringComparison.Ordinal) > 0)))
        {
            return null;
        }

        bool splits = cuts.Length == 2 && (string?)cuts[0]["type"] == "WhitespaceSplit";
        bool strips = splits;
        bool joins = splits;
        byte[] map = [];
        foreach (JsonObject step in steps)
        {
            switch ((string?)step["type"])
            {
                case "Precompiled" when map.Length == 0:
                    map = MapOf(step);
                    break;
                case "Strip":
                    strips |= (bool)step["strip_right"]!;
                    break;
                case "Replace" when (string?)step["pattern"]!["Regex"] == " {2,}" && (string?)step["content"] is " " or Blank:
                    joins = true;
                    break;
                default:
                    return null;
            }
        }

        // SentencePiece joins blanks and takes those at the ends away, or does neither.
        string? first = (string?)marks["prepend_scheme"];
        return cuts.Length == (splits ? 2 : 1) && joins == strips ? (first != "never", joins, map) : null;
    }

    private static byte[] MapOf(JsonObject precompiled) => Convert.FromBase64String((string)precompiled["precompiled_charsmap"]!);
}
