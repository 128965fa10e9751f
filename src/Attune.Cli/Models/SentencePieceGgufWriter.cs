using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Formats;

namespace Attune.Cli.Models;

/// <summary>Makes the SentencePiece vocabulary of a GGUF file of a BPE <c>tokenizer.json</c> that falls back to bytes (Llama 2, Mistral, Gemma, Phi-3).</summary>
internal static class SentencePieceGgufWriter
{
    private const string Blank = "\u2581";
    private const int NormalToken = 1;
    private const int UnknownToken = 2;
    private const int UnusedToken = 5;
    private const int ByteToken = 6;

    /// <summary>Adds kinds and scores to the tokens.</summary>
    /// <param name="arrays">The tokens, and which of them are special.</param>
    /// <param name="merges">The merges, best first.</param>
    /// <param name="json">The tokenizer as <c>tokenizer.json</c>.</param>
    /// <param name="path">What messages name.</param>
    /// <exception cref="UsageException">SentencePiece has no such way to treat blanks.</exception>
    public static GgufTokenizerSource Complete(GgufTokenizerSource arrays, string[] merges, JsonObject json, string path)
    {
        int[] types = [.. arrays.TokenTypes!];
        for (int id = 0; id < types.Length; id++)
        {
            if (types[id] == NormalToken && IsByte(arrays.Tokens[id]))
            {
                types[id] = ByteToken;
            }
        }

        string? unknown = (string?)json["model"]!["unk_token"];
        int? unknownId = unknown is null ? null : Enumerable.Range(0, types.Length).Cast<int?>().FirstOrDefault(id => arrays.Tokens[id!.Value] == unknown);
        if (unknownId is int place)
        {
            types[place] = UnknownToken;
        }

        return arrays with
        {
            Model = "llama",
            Pre = "default",
            TokenTypes = types,
            Scores = Scores(arrays.Tokens, types, merges),
            UnknownTokenId = arrays.UnknownTokenId ?? unknownId,
            AddSpacePrefix = PutsBlankFirst(json, arrays.Tokens, path),
            RemoveExtraWhitespace = false,
        };
    }

    // SentencePiece merges what makes the piece with the highest score: that of the first merge that makes it. Pieces that nothing makes come after all others.
    private static float[] Scores(IReadOnlyList<string> tokens, int[] types, string[] merges)
    {
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string merge in merges)
        {
            int cut = merge.IndexOf(' ', 1);
            ranks.TryAdd(string.Concat(merge.AsSpan(0, cut), merge.AsSpan(cut + 1)), ranks.Count);
        }

        int last = ranks.Count;
        return [.. tokens.Select((token, id) => types[id] switch
        {
            NormalToken => -(float)(ranks.TryGetValue(token, out int rank) ? rank : last++),
            UnusedToken => -10_000_000f,
            _ => 0f,
        })];
    }

    private static bool IsByte(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[^1] == '>' && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);

    private static bool PutsBlankFirst(JsonObject json, IReadOnlyList<string> tokens, string path)
    {
        JsonNode? normalizer = json["normalizer"];
        JsonNode? cut = json["pre_tokenizer"];

        // A cut before each blank changes nothing where no token reaches beyond one.
        if (cut is not null && (string?)cut["type"] == "Metaspace" && normalizer is null && (string?)cut["replacement"] == Blank
            && ((bool?)cut["split"] != true || !tokens.Any(token => token.LastIndexOf(Blank, StringComparison.Ordinal) > 0)))
        {
            return (string?)cut["prepend_scheme"] != "never";
        }

        // Gemma cuts at blanks that its normaliser has already replaced, so that the cut does nothing.
        bool cutsNothing = cut is null || ((string?)cut["type"] == "Split" && (string?)cut["pattern"]?["String"] == " ");
        JsonNode?[] steps = normalizer is not null && (string?)normalizer["type"] == "Sequence" ? [.. normalizer["normalizers"]!.AsArray()] : [normalizer];
        if (cutsNothing && steps.Length is 1 or 2 && IsReplacement(steps[^1])
            && (steps.Length == 1 || ((string?)steps[0]!["type"] == "Prepend" && (string?)steps[0]!["prepend"] == Blank)))
        {
            return steps.Length == 2;
        }

        throw new UsageException($"{path}: GGUF cannot say how this tokenizer treats blanks; expected them replaced by U+2581, with or without one before the text");
    }

    private static bool IsReplacement(JsonNode? step) =>
        step is not null && (string?)step["type"] == "Replace" && (string?)step["pattern"]?["String"] == " " && (string?)step["content"] == Blank;
}
