using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>Makes the vocabulary of a GGUF file of a tokenizer: byte-level BPE, or BPE in the manner of SentencePiece.</summary>
internal static class GgufTokenizerWriter
{
    private const int NormalToken = 1;
    private const int ControlToken = 3;
    private const int UserDefinedToken = 4;
    private const int UnusedToken = 5;

    /// <summary>The arrays of a tokenizer.</summary>
    /// <exception cref="UsageException">GGUF has no name for a part of the tokenizer.</exception>
    public static GgufTokenizerSource From(HuggingFaceTokenizerSource source, ModelConfig config)
    {
        // The tokenizer is written anew from its checked parts, so that what is read here has a known form.
        Tokenizer tokenizer = TokenizerFolder.Load(source.Folder);
        JsonObject json = Parse(TokenizerJson.Write(tokenizer));
        JsonObject model = json["model"]!.AsObject();
        if (model["type"]?.GetValue<string>() != "BPE")
        {
            throw new UsageException($"{source.Folder}: only BPE vocabularies can be written to GGUF, this one is of another kind");
        }

        int size = Math.Max(config.GetPositive("vocab_size"), tokenizer.VocabularySize);
        string[] tokens = [.. Enumerable.Range(0, size).Select(id => $"[PAD{id}]")];
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

        (int? first, int? last) = AddedTokens(tokenizer);
        int? end = Id(source.EosToken) ?? config.EosTokenIds.Cast<int?>().FirstOrDefault() ?? last;
        string[] merges = [.. model["merges"]!.AsArray().Select(Merge)];
        var result = new GgufTokenizerSource("gpt2", tokens)
        {
            TokenTypes = types,
            BosTokenId = first ?? Id(source.BosToken),
            EosTokenId = end,
            PadTokenId = Id(source.PadToken),
            UnknownTokenId = Id(source.UnknownToken),
            AddBosToken = first is not null,
            AddEosToken = last is not null && last == end,
            AddSpacePrefix = false,
        };
        return model["byte_fallback"]?.GetValue<bool>() == true
            ? SentencePieceGgufWriter.Complete(result, merges, json, source.Folder)
            : result with { Merges = merges, Pre = GgufVocabulary.FindPreTokenizer(tokenizer) ?? throw NoCut(source.Folder) };

        int? Id(string? token) => token is null ? null : tokenizer.TokenToId(token);
    }

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
