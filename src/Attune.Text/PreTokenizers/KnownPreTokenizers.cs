using Attune.Text.Json;

namespace Attune.Text.PreTokenizers;

/// <summary>The pre-tokenizers that tokenizer.json can name.</summary>
internal static class KnownPreTokenizers
{
    /// <summary>All of them.</summary>
    public static ComponentList<IPreTokenizer> All { get; } = new("pre-tokenizer")
    {
        { "ByteLevel", ByteLevelPreTokenizer.Read },
        { "Digits", DigitsPreTokenizer.Read },
        { "Sequence", SequencePreTokenizer.Read },
        { "Split", SplitPreTokenizer.Read },
        { "Whitespace", WhitespacePreTokenizer.Read },
        { "WhitespaceSplit", WhitespaceSplitPreTokenizer.Read },
    };
}
