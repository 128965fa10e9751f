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

    // What differs between two lists of steps makes other pieces; offsets make none.
    private static string FormOf(IPreTokenizer cut) => string.Join('\n', ComponentSteps.Of(cut.Write).Select(step => FormOf(step).ToJsonString()));

    private static JsonObject FormOf(JsonObject step)
    {
        switch ((string?)step["type"])
        {
            case "ByteLevel":
                step.Remove("trim_offsets");
                break;
            case "Split" when (string?)step["behavior"] == nameof(SplitBehavior.Removed) && (bool)step["invert"]! && ((string?)step["pattern"]?["Regex"])?.EndsWith(TakesTheRest, StringComparison.Ordinal) == true:
                (step["behavior"], step["invert"]) = (nameof(SplitBehavior.Isolated), false);
                break;
        }

        return step;
    }
}
