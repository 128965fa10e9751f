using Attune.Text.Json;

namespace Attune.Text.PreTokenizers;

/// <summary>The pre-tokenizers that tokenizer.json can name.</summary>
internal static class KnownPreTokenizers
{
    /// <summary>All of them.</summary>
    public static ComponentList<IPreTokenizer> All { get; } = new("pre-tokenizer")
    {
        { "BertPreTokenizer", BertPreTokenizer.Read },
        { "ByteLevel", ByteLevelPreTokenizer.Read },
        { "CharDelimiterSplit", CharDelimiterSplitPreTokenizer.Read },
        { "Digits", DigitsPreTokenizer.Read },
        { "FixedLength", FixedLengthPreTokenizer.Read },
        { "Metaspace", MetaspacePreTokenizer.Read },
        { "Punctuation", PunctuationPreTokenizer.Read },
        { "Sequence", SequencePreTokenizer.Read },
        { "Split", SplitPreTokenizer.Read },
        { "UnicodeScripts", UnicodeScriptsPreTokenizer.Read },
        { "Whitespace", WhitespacePreTokenizer.Read },
        { "WhitespaceSplit", WhitespaceSplitPreTokenizer.Read },
    };
}
