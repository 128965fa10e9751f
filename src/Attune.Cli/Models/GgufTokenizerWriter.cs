using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>Makes the vocabulary of a GGUF file of a tokenizer: byte-level BPE, BPE in the manner of SentencePiece, what a SentencePiece model holds, or WordPiece.</summary>
internal static class GgufTokenizerWriter
{
    private const string WordPiece = "bert";
    private const int NormalToken = 1;
    private const int UnknownToken = 2;
    private const int ControlToken = 3;
    private const int UserDefinedToken = 4;
    private const int UnusedToken = 5;

    /// <summary>The arrays of a tokenizer.</summary>
    /// <exception cref="UsageException">GGUF has no name for a part of the tokenizer.</exception>
    public static GgufTokenizerSource From(HuggingFaceTokenizerSource source, ModelConfig config)
    {
        Tokenizer tokenizer = TokenizerFolder.Load(source.Folder);
        int size = Math.Max(config.GetPositive("vocab_size"), tokenizer.VocabularySize);
        GgufTokenizerSource arrays = GgufVocabulary.FindPieces(tokenizer) is { } pieces ? OfPieces(pieces, size) : OfBpe(tokenizer, size, source.Folder);
        (int? first, int? last) = AddedTokens(tokenizer);
        int? end = Id(source.EosToken) ?? config.EosTokenIds.Cast<int?>().FirstOrDefault() ?? last;
        return arrays with
        {
            BosTokenId = first ?? Id(source.BosToken),
            EosTokenId = end,
            PadTokenId = Id(source.PadToken),
            UnknownTokenId = Id(source.UnknownToken) ?? arrays.UnknownTokenId,
            SeparatorTokenId = Id(source.SeparatorToken) ?? (arrays.Model == WordPiece ? last : null),
            MaskTokenId = Id(source.MaskToken),
            AddBosToken = first is not null,
            AddEosToken = last is not null && last == end,
        };

        int? Id(string? token) => token is null ? null : tokenizer.TokenToId(token);
    }

    // Rows of the embedding beyond the vocabulary have tokens that no text has.
    private static GgufTokenizerSource OfPieces(GgufVocabularySource pieces, int size)
    {
        int[] further = [.. Enumerable.Range(pieces.Tokens.Count, size - pieces.Tokens.Count)];
        int unknown = pieces.UnknownId ?? pieces.TokenTypes!.ToList().IndexOf(UnknownToken);
        var arrays = new GgufTokenizerSource(pieces.Model, [.. pieces.Tokens, .. further.Select(Unused)])
        {
            Pre = "default",
            TokenTypes = [.. pieces.TokenTypes!, .. further.Select(_ => UnusedToken)],
            UnknownTokenId = unknown < 0 ? null : unknown,
        };
        return pieces.Scores is not { } scores ? arrays : arrays with
        {
            Scores = [.. scores, .. further.Select(_ => 0f)],
            AddSpacePrefix = pieces.AddSpacePrefix,
            RemoveExtraWhitespace = pieces.RemoveExtraWhitespace,
            CharacterMap = pieces.CharacterMap,
        };
    }

    // The tokenizer is written anew from its checked parts, so that what is read here has a known form.
    private static GgufTokenizerSource OfBpe(Tokenizer tokenizer, int size, string path)
    {
        JsonObject json = Parse(TokenizerJson.Write(tokenizer));
        JsonObject model = json["model"]!.AsObject();
        if ((string?)model["type"] != "BPE")
        {
            throw new UsageException(
                $"{path}: GGUF files hold BPE, Unigram that treats blanks as SentencePiece does, and WordPiece in small letters as BERT has it; this vocabulary is {(string?)model["type"]}. Give a folder as output");
        }

        string[] tokens = [.. Enumerable.Range(0, size).Select(Unused)];
        int[] types = new int[size];
        Array.Fill(types, UnusedToken);
        foreach ((string token, JsonNode? id) in model["vocab"]!.AsObject())
        {
            (tokens[(int)id!], types[(int)id!]) = (token, NormalToken);
        }

        foreach (JsonNode? added in json["added_tokens"]!.AsArray())
        {
            int id = (int)added!["id"]!;
            (tokens[id], types[id]) = ((string)added["content"]!, (bool)added["special"]! ? ControlToken : UserDefinedToken);
        }

        string[] merges = [.. model["merges"]!.AsArray().Select(Merge)];
        var arrays = new GgufTokenizerSource("gpt2", tokens) { TokenTypes = types };
        return (bool?)model["byte_fallback"] == true
            ? SentencePieceGgufWriter.Complete(arrays, merges, json, path)
            : arrays with { Merges = merges, AddSpacePrefix = false, Pre = GgufVocabulary.FindPreTokenizer(tokenizer) ?? throw NoCut(path) };
    }

    private static string Unused(int id) => string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]");

    // What the tokenizer does decides: the keys in tokenizer_config.json are absent where a template in tokenizer.json adds the tokens.
    private static (int? First, int? Last) AddedTokens(Tokenizer tokenizer)
    {
        int[] plain = tokenizer.Encode("a").Ids;
        int[] all = tokenizer.Encode("a", addSpecialTokens: true).Ids;
        int start = all.AsSpan().IndexOf(plain);
        return (start > 0 ? all[0] : null, start >= 0 && start + plain.Length < all.Length ? all[^1] : null);
    }

    private static UsageException NoCut(string path) =>
        new($"{path}: GGUF has no name for the way in which this tokenizer normalises or cuts text; it may do as one of {string.Join(", ", GgufVocabulary.PreTokenizers)}, with NFC or without");

    private static string Merge(JsonNode? merge) => merge is JsonArray pair ? $"{(string)pair[0]!} {(string)pair[1]!}" : (string)merge!;

    private static JsonObject Parse(string json) => JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = 64 })!.AsObject();
}
