using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Pipeline;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Gguf;

/// <summary>Finds the name in <see cref="KnownGgufPreTokenizers"/> of the way in which a tokenizer cuts.</summary>
internal static class GgufPreTokenizerNames
{
    /// <summary>The end of patterns that take every character: what is not matched before is white space.</summary>
    private const string TakesTheRest = @"|\s+(?!\S)|\s+";

    /// <summary>The name, or null when there is none.</summary>
    public static string? Of(TokenizerParts parts)
    {
        // llama.cpp brings no text into a normal form, and its converter passes over NFC, which most texts are in.
        if (parts.PreTokenizer is not { } cut || (parts.Normalizer is not null && parts.Normalizer != UnicodeNormalizer.Nfc))
        {
            return null;
        }

        // Some names differ only in whether whole tokens go before merges, which matters only where merges do not lead to every token.
        string wanted = FormOf(cut);
        bool ignoresMerges = parts.Model is BpeModel { Options.IgnoreMerges: true };
        string[] fitting = [.. KnownGgufPreTokenizers.Names.Where(name => FormOf(KnownGgufPreTokenizers.Build(name, name)) == wanted)];
        return fitting.FirstOrDefault(name => KnownGgufPreTokenizers.IgnoresMerges(name) == ignoresMerges) ?? fitting.FirstOrDefault();
    }

    private static string FormOf(IPreTokenizer cut)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            cut.Write(json);
        }

        return string.Join('\n', Steps(JsonNode.Parse(buffer.WrittenSpan)!.AsObject()).Select(step => step.ToJsonString()));
    }

    // What differs between two lists of steps makes other pieces: offsets make none, and a sequence in a sequence is its steps.
    private static IEnumerable<JsonObject> Steps(JsonObject cut)
    {
        switch ((string?)cut["type"])
        {
            case "Sequence":
                return cut["pretokenizers"]!.AsArray().SelectMany(part => Steps(part!.AsObject()));
            case "ByteLevel":
                cut.Remove("trim_offsets");
                return [cut];
            case "Split" when (string?)cut["behavior"] == nameof(SplitBehavior.Removed) && (bool)cut["invert"]! && ((string?)cut["pattern"]?["Regex"])?.EndsWith(TakesTheRest, StringComparison.Ordinal) == true:
                (cut["behavior"], cut["invert"]) = (nameof(SplitBehavior.Isolated), false);
                return [cut];
            default:
                return [cut];
        }
    }
}
