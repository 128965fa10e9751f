using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>Makes the vocabulary of a GGUF file of a byte-level BPE <c>tokenizer.json</c>.</summary>
internal static class GgufTokenizerWriter
{
    private const int NormalToken = 1;
    private const int ControlToken = 3;
    private const int UserDefinedToken = 4;
    private const int UnusedToken = 5;

    /// <summary>Names of cuts that are tried, the most telling first.</summary>
    private static readonly string[] Cuts = ["smollm", "gpt-2", "llama-bpe", "qwen2", "default"];

    /// <summary>The arrays of a tokenizer.</summary>
    /// <exception cref="UsageException">GGUF has no name for a part of the tokenizer.</exception>
    public static GgufTokenizerSource From(HuggingFaceTokenizerSource source, ModelConfig config)
    {
        // The tokenizer is written anew from its checked parts, so that what is read here has a known form.
        Tokenizer tokenizer = TokenizerFolder.Load(source.Folder);
        JsonObject json = Parse(TokenizerJson.Write(tokenizer));
        JsonObject model = json["model"]!.AsObject();
        if (model["type"]?.GetValue<string>() != "BPE" || model["byte_fallback"]?.GetValue<bool>() == true)
        {
            throw new UsageException($"{source.Folder}: only byte-level BPE vocabularies can be written to GGUF, this one is of another kind");
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

        string[] merges = [.. model["merges"]!.AsArray().Select(Merge)];
        var result = new GgufTokenizerSource("gpt2", tokens)
        {
            Merges = merges,
            TokenTypes = types,
            BosTokenId = Id(source.BosToken),
            EosTokenId = Id(source.EosToken) ?? config.EosTokenIds.Cast<int?>().FirstOrDefault(),
            PadTokenId = Id(source.PadToken),
            UnknownTokenId = Id(source.UnknownToken),
            AddBosToken = source.AddBosToken ?? false,
            AddEosToken = source.AddEosToken,
            AddSpacePrefix = false,
        };
        return result with { Pre = FindCut(result, json, source.Folder) };

        int? Id(string? token) => token is null ? null : tokenizer.TokenToId(token);
    }

    private static string FindCut(GgufTokenizerSource arrays, JsonObject wanted, string path)
    {
        foreach (string cut in Cuts)
        {
            // The cut does not depend on the vocabulary, so the special tokens are enough of one.
            JsonObject known = Parse(TokenizerJson.Write(GgufVocabulary.Build(new GgufVocabularySource("gpt2", arrays.Tokens) { Pre = cut })));
            if (JsonNode.DeepEquals(known["pre_tokenizer"], wanted["pre_tokenizer"]) && IsAbsent(wanted["normalizer"]))
            {
                return cut;
            }
        }

        throw new UsageException($"{path}: GGUF has no name for the way in which this tokenizer cuts text; known are {string.Join(", ", Cuts)}");
    }

    private static bool IsAbsent(JsonNode? node) => node is null;

    private static string Merge(JsonNode? merge) => merge is JsonArray pair ? $"{(string)pair[0]!} {(string)pair[1]!}" : (string)merge!;

    private static JsonObject Parse(string json) => JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = 64 })!.AsObject();
}
