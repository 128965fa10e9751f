using System.Globalization;
using Attune.Text.Patterns;

namespace Attune.Text.Files;

/// <summary>The vocabularies that exist as tiktoken rank files, which say neither how text is cut nor which tokens are special: both follow from the number of ranks.</summary>
/// <remarks>Source: openai/tiktoken, openai_public.py; meta-llama/llama3, tokenizer.py; QwenLM/Qwen, tokenization_note.md.</remarks>
internal static class KnownRankFiles
{
    private const string EndOfText = "<|endoftext|>";
    private const string EndOfPrompt = "<|endofprompt|>";
    private const string Llama3Begin = "<|begin_of_text|>";
    private const int Llama3Ranks = 128_000;
    private const int QwenRanks = 151_643;

    private static readonly Dictionary<int, (string Name, TiktokenOptions Options)> All = new()
    {
        { 50_256, ("r50k_base", Options(Gpt2Pattern.Sources[0], (EndOfText, 50_256))) },
        { 50_280, ("p50k_base", Options(Gpt2Pattern.Sources[0], (EndOfText, 50_256))) },
        {
            100_256,
            (
                "cl100k_base",
                Options(Cl100kPattern.ThreeDigits, (EndOfText, 100_257), ("<|fim_prefix|>", 100_258), ("<|fim_middle|>", 100_259), ("<|fim_suffix|>", 100_260), (EndOfPrompt, 100_276)))
        },
        { Llama3Ranks, ("Llama 3", Options(Cl100kPattern.ThreeDigits, Following(Llama3Ranks, Llama3Special())) with { BeginToken = Llama3Begin }) },
        { QwenRanks, ("Qwen", Options(Cl100kPattern.OneDigit, Following(QwenRanks, [EndOfText, "<|im_start|>", "<|im_end|>", .. Numbered("extra", 0, 205)]))) },
        { 199_998, ("o200k_base", Options(O200kPattern, (EndOfText, 199_999), (EndOfPrompt, 200_018))) },
    };

    /// <summary>How GPT-4o cuts text.</summary>
    public const string O200kPattern =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Name and use of the vocabulary with a number of ranks; null when it is not known.</summary>
    public static (string Name, TiktokenOptions Options)? Find(int ranks) => All.TryGetValue(ranks, out (string Name, TiktokenOptions Options) found) ? found : null;

    /// <summary>The known vocabularies, for errors.</summary>
    public static string Names => string.Join(", ", All.OrderBy(entry => entry.Key).Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Value.Name} ({entry.Key})")));

    private static TiktokenOptions Options(string pattern, params (string Token, int Id)[] special) => new(pattern) { SpecialTokens = special.ToDictionary(entry => entry.Token, entry => entry.Id) };

    private static (string, int)[] Following(int first, IEnumerable<string> tokens) => [.. tokens.Select((token, index) => (token, first + index))];

    private static IEnumerable<string> Numbered(string name, int from, int count) =>
        Enumerable.Range(from, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"<|{name}_{i}|>"));

    // 256 of them; only those in the middle have a meaning.
    private static IEnumerable<string> Llama3Special() =>
    [
        Llama3Begin, "<|end_of_text|>", .. Numbered("reserved_special_token", 0, 4), "<|start_header_id|>", "<|end_header_id|>",
        .. Numbered("reserved_special_token", 4, 1), "<|eot_id|>", .. Numbered("reserved_special_token", 5, 246),
    ];
}
