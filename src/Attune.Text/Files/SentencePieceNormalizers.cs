using Attune.Text.Normalizers;
using Attune.Text.Patterns;
using Attune.Text.SentencePiece;

namespace Attune.Text.Files;

/// <summary>The normalisers that classes of tokenizers make of a SentencePiece model.</summary>
internal static class SentencePieceNormalizers
{
    private const string Blanks = " {2,}";

    /// <summary>The character map; blanks at the end go, runs of them become one mark.</summary>
    public static INormalizer Plain(SentencePieceFile file, TokenizerConfig config, string place) =>
        new SequenceNormalizer([.. Map(file, place), new StripNormalizer(left: false, right: true), Replace(Blanks, isRegex: true, "\u2581")]);

    /// <summary>Quotation marks, accents and case, the character map, runs of blanks.</summary>
    public static NormalizerMaker Albert(bool lowerCase) => (file, config, place) =>
        new SequenceNormalizer([.. Quotes(), .. AccentsAndCase(config, keepAccents: false, lowerCase), .. Map(file, place), Replace(Blanks, isRegex: true, " ")]);

    /// <summary>As ALBERT's, but accents stay.</summary>
    public static INormalizer FNet(SentencePieceFile file, TokenizerConfig config, string place) =>
        new SequenceNormalizer([.. Quotes(), .. AccentsAndCase(config, keepAccents: true, lowerCase: false), .. Map(file, place), Replace(Blanks, isRegex: true, " ")]);

    /// <summary>As FNet's, but runs of blanks are replaced before anything makes new ones.</summary>
    public static INormalizer RemBert(SentencePieceFile file, TokenizerConfig config, string place) =>
        new SequenceNormalizer([.. Quotes(), Replace(Blanks, isRegex: true, " "), .. AccentsAndCase(config, keepAccents: true, lowerCase: false), .. Map(file, place)]);

    /// <summary>Case, blanks at both ends, the character map, runs of blanks.</summary>
    public static INormalizer DebertaV2(SentencePieceFile file, TokenizerConfig config, string place)
    {
        INormalizer[] lower = config.Boolean("do_lower_case") == true ? [new LowercaseNormalizer()] : [];
        return new SequenceNormalizer([.. lower, new StripNormalizer(left: true, right: true), .. Map(file, place), Replace(Blanks, isRegex: true, " ")]);
    }

    private static ReplaceNormalizer[] Quotes() => [Replace("``", isRegex: false, "\""), Replace("''", isRegex: false, "\"")];

    private static IEnumerable<INormalizer> AccentsAndCase(TokenizerConfig config, bool keepAccents, bool lowerCase)
    {
        if (!(config.Boolean("keep_accents") ?? keepAccents))
        {
            yield return UnicodeNormalizer.Nfkd;
            yield return StripAccentsNormalizer.Instance;
        }

        if (config.Boolean("do_lower_case") ?? lowerCase)
        {
            yield return new LowercaseNormalizer();
        }
    }

    private static PrecompiledNormalizer[] Map(SentencePieceFile file, string place) =>
        file.CharacterMap.Length == 0 ? [] : [PrecompiledNormalizer.Of(file.CharacterMap, place + ": normalizer_spec.precompiled_charsmap")];

    private static ReplaceNormalizer Replace(string pattern, bool isRegex, string content) =>
        new(new PatternSource(pattern, isRegex), isRegex ? KnownPatterns.Compile(pattern, pattern) : new StringPattern(pattern), content);
}
