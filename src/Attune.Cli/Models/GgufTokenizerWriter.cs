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

    /// <summary>Names of cuts that are tried, the most telling first.</summary>
    private static readonly string[] Cuts = ["smollm", "gpt-2", "llama-bpe", "dbrx", "qwen2", "tekken", "gpt-4o", "default"];

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

        int? begin = Id(source.BosToken);
        int? end = Id(source.EosToken) ?? config.EosTokenIds.Cast<int?>().FirstOrDefault();
        (bool addsBegin, bool addsEnd) = AddedTokens(tokenizer, begin, end);
        string[] merges = [.. model["merges"]!.AsArray().Select(Merge)];
        var result = new GgufTokenizerSource("gpt2", tokens)
        {
            TokenTypes = types,
            BosTokenId = begin,
            EosTokenId = end,
            PadTokenId = Id(source.PadToken),
            UnknownTokenId = Id(source.UnknownToken),
            AddBosToken = addsBegin,
            AddEosToken = addsEnd,
            AddSpacePrefix = false,
        };
        return model["byte_fallback"]?.GetValue<bool>() == true
            ? SentencePieceGgufWriter.Complete(result, merges, json, source.Folder)
            : result with { Merges = merges, Pre = FindCut(result, json, source.Folder) };

        int? Id(string? token) => token is null ? null : tokenizer.TokenToId(token);
    }

    // What the tokenizer does decides: the keys in tokenizer_config.json are absent where a template in tokenizer.json adds the tokens.
    private static (bool Begin, bool End) AddedTokens(Tokenizer tokenizer, int? begin, int? end)
    {
        int[] plain = tokenizer.Encode("a").Ids;
        int[] all = tokenizer.Encode("a", addSpecialTokens: true).Ids;
        return (all.Length > plain.Length && all[0] == begin, all.Length > plain.Length && all[^1] == end);
    }

    private static string FindCut(GgufTokenizerSource arrays, JsonObject wanted, string path)
    {
        // The cut does not depend on the vocabulary, so the special tokens are enough of one. Some names differ only in whether whole tokens go before merges.
        (string Cut, JsonObject Json)[] fitting =
        [
            .. Cuts.Select(cut => (cut, Parse(TokenizerJson.Write(GgufVocabulary.Build(new GgufVocabularySource("gpt2", arrays.Tokens) { Pre = cut })))))
                .Where(known => JsonNode.DeepEquals(known.Item2["pre_tokenizer"], wanted["pre_tokenizer"]) && wanted["normalizer"] is null),
        ];
        return fitting.Where(known => JsonNode.DeepEquals(known.Json["model"]!["ignore_merges"], wanted["model"]!["ignore_merges"])).Concat(fitting).FirstOrDefault().Cut
            ?? throw new UsageException($"{path}: GGUF has no name for the way in which this tokenizer cuts text; known are {string.Join(", ", Cuts)}");
    }

    private static string Merge(JsonNode? merge) => merge is JsonArray pair ? $"{(string)pair[0]!} {(string)pair[1]!}" : (string)merge!;

    private static JsonObject Parse(string json) => JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = 64 })!.AsObject();
}
