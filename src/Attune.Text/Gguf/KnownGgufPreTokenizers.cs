using Attune.Text.Files;
using Attune.Text.Patterns;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Gguf;

/// <summary>How a byte-level BPE vocabulary in a GGUF file cuts text: the values of <c>tokenizer.ggml.pre</c>.</summary>
/// <remarks>Source: llama.cpp, src/llama-vocab.cpp.</remarks>
internal static class KnownGgufPreTokenizers
{
    /// <summary>What llama.cpp does when the file does not say.</summary>
    public const string Default = "default";

    /// <summary>Mistral's pattern since NeMo: that of GPT-4o without contractions, digits one by one.</summary>
    private const string TekkenPattern =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Gpt2Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)";

    private static readonly SortedDictionary<string, Func<IPreTokenizer>> All = new(StringComparer.Ordinal)
    {
        { "bloom", Bloom },
        { "chatglm-bpe", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "codeshell", DigitsThenGpt2 },
        { "command-r", DigitsThenGpt2 },
        { "dbrx", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "deepseek-coder", DeepSeekCoder },
        { "deepseek-r1-qwen", () => Cl100k(Cl100kPattern.OneDigit) },
        { "deepseek-v3", DeepSeekV3 },
        { "default", DefaultCut },
        { "exaone", DigitsThenGpt2 },
        { "falcon", Falcon },
        { "falcon3", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "glm4", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "gpt-2", Gpt2 },
        { "gpt-4o", () => Cl100k(KnownRankFiles.O200kPattern) },
        { "gpt2", Gpt2 },
        { "hunyuan-dense", DeepSeekV3 },
        { "jais", Gpt2 },
        { "llama-bpe", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "llama-v3", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "llama3", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "llama4", () => Cl100k(KnownRankFiles.O200kPattern) },
        { "megrez", () => Cl100k(Cl100kPattern.OneDigit) },
        { "minerva-7b", DigitsThenGpt2 },
        { "mpt", Gpt2 },
        { "olmo", Gpt2 },
        { "phi-2", Gpt2 },
        { "qwen2", () => Cl100k(Cl100kPattern.OneDigit) },
        { "refact", DigitsThenGpt2 },
        { "smaug-bpe", () => Cl100k(Cl100kPattern.ThreeDigits) },
        { "smollm", DigitsThenGpt2 },
        { "stablelm2", () => Cl100k(Cl100kPattern.OneDigit) },
        { "starcoder", DigitsThenGpt2 },
        { "tekken", () => Cl100k(TekkenPattern) },
    };

    /// <summary>Names that are written rather than others that mean the same: those that most readers know.</summary>
    private static readonly string[] Preferred = ["smollm", "llama-bpe", "dbrx", "qwen2"];

    private static readonly HashSet<string> WholeTokensFirst = new(["falcon3", "llama-bpe", "llama-v3", "llama3", "tekken"], StringComparer.Ordinal);

    /// <summary>All values, of those that mean the same the one to be written first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Preferred, .. All.Keys.Except(Preferred)];

    /// <summary>The pre-tokenizer of a value.</summary>
    /// <exception cref="TextException">The value is not known.</exception>
    public static IPreTokenizer Build(string pre, string place) => All.TryGetValue(pre, out Func<IPreTokenizer>? build)
        ? build()
        : throw new TextException($"{place}: tokenizer.ggml.pre is '{pre}'; known are {string.Join(", ", All.Keys)}");

    /// <summary>Whether a piece that is a token as a whole is taken without merging.</summary>
    public static bool IgnoresMerges(string pre) => WholeTokensFirst.Contains(pre);

    /// <summary>Whether texts begin with the token for it when the file does not say: in llama.cpp with the same vocabularies.</summary>
    public static bool AddsBegin(string pre) => WholeTokensFirst.Contains(pre);

    private static ByteLevelPreTokenizer Gpt2() => new(AddPrefixSpace: false, TrimOffsets: true, UseRegex: true);

    private static SequencePreTokenizer DigitsThenGpt2() => new([new DigitsPreTokenizer(individualDigits: true), Gpt2()]);

    private static SequencePreTokenizer Cl100k(string pattern) => new([Split(pattern), Bytes()]);

    private static SequencePreTokenizer DefaultCut() => new(
    [
        Split(@"[\p{P}\$\+<=>\^~\|]+"),
        Split(Gpt2Words),
        new DigitsPreTokenizer(individualDigits: false),
        Split("[0-9][0-9][0-9]"),
        Bytes(),
    ]);

    private static SequencePreTokenizer Falcon() => new([Split(@"[\p{P}\$\+<=>\^~\|`]+"), Split(Gpt2Words), Split("[0-9][0-9][0-9]"), Bytes()]);

    private static SequencePreTokenizer Bloom() => new([Split(" ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+"), Bytes()]);

    private static SequencePreTokenizer DeepSeekCoder() => new(
    [
        Split(@"[\r\n]"),
        Split(@"\s?\p{L}+"),
        Split(@"\s?\p{P}+"),
        Split("[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+"),
        new DigitsPreTokenizer(individualDigits: true),
        Bytes(),
    ]);

    private static SequencePreTokenizer DeepSeekV3() => new(
    [
        Split(@"\p{N}{1,3}"),
        Split("[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+"),
        Split(@"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
        Bytes(),
    ]);

    private static SplitPreTokenizer Split(string pattern) => new(
        new PatternSource(pattern, IsRegex: true),
        KnownPatterns.Compile(pattern, "tokenizer.ggml.pre"),
        SplitBehavior.Isolated,
        invert: false);

    private static ByteLevelPreTokenizer Bytes() => new(AddPrefixSpace: false, TrimOffsets: true, UseRegex: false);
}
