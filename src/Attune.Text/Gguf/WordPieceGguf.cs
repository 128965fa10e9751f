using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Text.Models;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;
using Attune.Text.SentencePiece;

namespace Attune.Text.Gguf;

/// <summary>WordPiece vocabularies (<c>bert</c>), whose tokens mark the start of a word with U+2581 instead of its continuation with ##.</summary>
internal static class WordPieceGguf
{
    private const string Blank = "\u2581";

    private const string Continuation = "##";

    /// <summary>Builds the tokenizer.</summary>
    public static Tokenizer Build(GgufVocabularySource source, string place)
    {
        var usual = new WordPieceVocabularyOptions();
        for (int id = 0; id < source.TokenTypes?.Count; id++)
        {
            if (!Enum.IsDefined((PieceType)source.TokenTypes[id]))
            {
                throw new TextException($"{place}: token {id} has type {source.TokenTypes[id]}; expected a type from 1 to 6");
            }
        }

        string[] tokens = [.. source.Tokens.Select((token, id) => Spell(token, TypeOf(id)))];
        return WordPieceVocabulary.Build(
            tokens,
            usual with
            {
                StartToken = Named(source.BeginId) ?? usual.StartToken,
                SeparatorToken = Named(source.SeparatorId) ?? usual.SeparatorToken,
                UnknownToken = Named(source.UnknownId) ?? usual.UnknownToken,
                FurtherSpecialTokens = [.. usual.FurtherSpecialTokens, .. tokens.Where((_, id) => TypeOf(id) == PieceType.Control)],
            },
            place);

        PieceType? TypeOf(int id) => (PieceType?)source.TokenTypes?[id];

        string? Named(int? id)
        {
            if (id is not { } given)
            {
                return null;
            }

            SpecialTokenTemplate.Require(tokens, given, place);
            return tokens[given];
        }
    }

    /// <summary>The arrays of a tokenizer; null unless it cuts as all readers of such files do: in small letters without accents, as BERT has it.</summary>
    public static GgufVocabularySource? Of(TokenizerParts parts)
    {
        if (parts.Model is not WordPieceModel { Options.ContinuingSubwordPrefix: Continuation } model || parts.PreTokenizer is not BertPreTokenizer || !IsUncased(parts)
            || parts.Added.Tokens.Any(token => !token.Special))
        {
            return null;
        }

        int size = Math.Max(model.Vocabulary.Size, parts.Added.Size);
        string[] tokens = new string[size];
        int[] types = new int[size];
        for (int id = 0; id < size; id++)
        {
            (string written, PieceType type) = parts.Added.Find(id) is { } special ? (special.Content, PieceType.Control)
                : model.Vocabulary.ToText(id) is { } token ? (Phantom(token), PieceType.Normal)
                : (string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]"), PieceType.Unused);
            if (type == PieceType.Normal && Spell(written, type) != model.Vocabulary.ToText(id))
            {
                return null;
            }

            (tokens[id], types[id]) = (written, (int)type);
        }

        return new GgufVocabularySource(KnownGgufModels.WordPiece, tokens)
        {
            TokenTypes = types,
            UnknownId = model.Vocabulary.Find(model.Options.UnknownToken) is >= 0 and int unknown ? unknown : null,
        };
    }

    private static bool IsUncased(TokenizerParts parts) => parts.Normalizer is { } normalizer && ComponentSteps.Of(normalizer.Write).ToArray() is [var step]
        && (string?)step["type"] == "BertNormalizer" && Is(step, "clean_text") && Is(step, "handle_chinese_chars") && Is(step, "lowercase") && (step["strip_accents"] is null || Is(step, "strip_accents"));

    private static bool Is(JsonObject step, string key) => (bool?)step[key] == true;

    private static string Phantom(string token) => token.StartsWith(Continuation, StringComparison.Ordinal) && token.Length > Continuation.Length ? token[Continuation.Length..] : Blank + token;

    // Old files have no types.
    private static string Spell(string token, PieceType? type) => token switch
    {
        _ when type is PieceType.Control or PieceType.Unknown or PieceType.Unused => token,
        ['\u2581', .. var word] => word,
        ['[', .., ']'] => token,
        _ => Continuation + token,
    };
}
