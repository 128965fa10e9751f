using Attune.Text.Json;

namespace Attune.Text.Normalizers;

/// <summary>The normalisers that tokenizer.json can name.</summary>
internal static class KnownNormalizers
{
    /// <summary>All of them.</summary>
    public static ComponentList<INormalizer> All { get; } = new("normalizer")
    {
        { "BertNormalizer", BertNormalizer.Read },
        { "ByteLevel", ByteLevelNormalizer.Read },
        { "Lowercase", LowercaseNormalizer.Read },
        { "NFC", UnicodeNormalizer.ReadNfc },
        { "NFD", UnicodeNormalizer.ReadNfd },
        { "NFKC", UnicodeNormalizer.ReadNfkc },
        { "NFKD", UnicodeNormalizer.ReadNfkd },
        { "Nmt", NmtNormalizer.Read },
        { "Precompiled", PrecompiledNormalizer.Read },
        { "Prepend", PrependNormalizer.Read },
        { "Replace", ReplaceNormalizer.Read },
        { "Sequence", SequenceNormalizer.Read },
        { "Strip", StripNormalizer.Read },
        { "StripAccents", StripAccentsNormalizer.Read },
    };
}
