using Attune.Text.Json;

namespace Attune.Text.Normalizers;

/// <summary>The normalisers that tokenizer.json can name.</summary>
internal static class KnownNormalizers
{
    /// <summary>All of them.</summary>
    public static ComponentList<INormalizer> All { get; } = new("normalizer")
    {
        { "Lowercase", LowercaseNormalizer.Read },
        { "NFC", UnicodeNormalizer.ReadNfc },
        { "NFD", UnicodeNormalizer.ReadNfd },
        { "NFKC", UnicodeNormalizer.ReadNfkc },
        { "NFKD", UnicodeNormalizer.ReadNfkd },
        { "Sequence", SequenceNormalizer.Read },
    };
}
