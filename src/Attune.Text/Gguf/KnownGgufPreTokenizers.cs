using Attune.Text.Patterns;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Gguf;

/// <summary>How a byte-level BPE vocabulary in a GGUF file cuts text: the values of <c>tokenizer.ggml.pre</c>.</summary>
/// <remarks>Source: llama.cpp, src/llama-vocab.cpp.</remarks>
internal static class KnownGgufPreTokenizers
{
    /// <summary>What llama.cpp does when the file does not say.</summary>
    public const string Default = "default";

    private static readonly SortedDictionary<string, Func<IPreTokenizer>> All = new(StringComparer.Ordinal)
    {
        { "codeshell", DigitsThenGpt2 },
        { "command-r", DigitsThenGpt2 },
        { "default", DefaultCut },
        { "exaone", DigitsThenGpt2 },
        { "gpt-2", Gpt2 },
        { "gpt2", Gpt2 },
        { "llama-bpe", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "llama-v3", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "llama3", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "minerva-7b", DigitsThenGpt2 },
        { "mpt", Gpt2 },
        { "olmo", Gpt2 },
        { "phi-2", Gpt2 },
        { "qwen2", () => Cl100k(Cl100kPattern.OneDigit) },
        { "refact", DigitsThenGpt2 },
        { "smollm", DigitsThenGpt2 },
        { "starcoder", DigitsThenGpt2 },
    };

    private static readonly HashSet<string> WholeTokensFirst = new(["llama-bpe", "llama-v3", "llama3"], StringComparer.Ordinal);

    /// <summary>The pre-tokenizer of a value.</summary>
    /// <exception cref="TextException">The value is not known.</exception>
    public static IPreTokenizer Build(string pre, string place) => All.TryGetValue(pre, out Func<IPreTokenizer>? build)
        ? build()
        : throw new TextException($"{place}: tokenizer.ggml.pre is '{pre}'; known are {string.Join(", ", All.Keys)}");

    /// <summary>Whether a piece that is a token as a whole is taken without merging.</summary>
    public static bool IgnoresMerges(string pre) => WholeTokensFirst.Contains(pre);

    private static ByteLevelPreTokenizer Gpt2() => new(AddPrefixSpace: false, TrimOffsets: true, UseRegex: true);

    private static SequencePreTokenizer DigitsThenGpt2() => new([new DigitsPreTokenizer(individualDigits: true), Gpt2()]);

    private static SequencePreTokenizer Cl100k(string pattern) => new([Split(pattern), Bytes()]);

    private static SequencePreTokenizer DefaultCut() => new(
    [
        Split(@"[\p{P}\$\+<=>\^~\|]+"),
        Split(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"),
        new DigitsPreTokenizer(individualDigits: false),
        Split("[0-9][0-9][0-9]"),
        Bytes(),
    ]);

    private static SplitPreTokenizer Split(string pattern) => new(
        new PatternSource(pattern, IsRegex: true),
        KnownPatterns.Compile(pattern, "tokenizer.ggml.pre"),
        SplitBehavior.Isolated,
        invert: false);

    private static ByteLevelPreTokenizer Bytes() => new(AddPrefixSpace: false, TrimOffsets: true, UseRegex: false);
}
