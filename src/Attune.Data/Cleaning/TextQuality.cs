using System.Text;

namespace Attune.Data.Cleaning;

/// <summary>What can be counted about a text to tell prose from lists, tables, menus and noise.</summary>
/// <remarks>
/// Source: J. Rae et al., Scaling Language Models: Methods, Analysis &amp; Insights from Training Gopher (2021), appendix A.1. Words stand between white space, lines between line feeds, lengths are counted
/// in code points. A text without words has ratios and shares of 0.
/// </remarks>
public sealed record TextQuality
{
    private static readonly string[] KnownStopWords = ["the", "be", "to", "of", "and", "that", "have", "with"];

    /// <summary>Words.</summary>
    public int Words { get; private init; }

    /// <summary>Mean length of the words.</summary>
    public double MeanWordLength { get; private init; }

    /// <summary>Number signs (#) for each word.</summary>
    public double HashToWordRatio { get; private init; }

    /// <summary>Ellipses (... or …) for each word.</summary>
    public double EllipsisToWordRatio { get; private init; }

    /// <summary>Number signs and ellipses for each word.</summary>
    public double SymbolToWordRatio { get; private init; }

    /// <summary>Share of the words that have a letter. Range: 0 to 1.</summary>
    public double ShareWordsWithLetter { get; private init; }

    /// <summary>Share of the lines that begin with a bullet (-, * or •). Range: 0 to 1.</summary>
    public double ShareBulletLines { get; private init; }

    /// <summary>Share of the lines that end with an ellipsis. Range: 0 to 1.</summary>
    public double ShareEllipsisLines { get; private init; }

    /// <summary>How often one of the words the, be, to, of, and, that, have, with stands there.</summary>
    public int StopWords { get; private init; }

    /// <summary>How many different ones of these words stand there. Range: 0 to 8.</summary>
    public int DifferentStopWords { get; private init; }

    /// <summary>Capital letters for each letter; 0 without letters.</summary>
    public double ShareUpper { get; private init; }

    /// <summary>Measures a text.</summary>
    public static TextQuality Of(string text)
    {
        var counts = default(Counts);
        foreach (Range range in text.AsSpan().Split('\n'))
        {
            counts.AddLine(text.AsSpan(range));
        }

        int hashes = text.AsSpan().Count('#');
        int ellipses = text.AsSpan().Count("...") + text.AsSpan().Count('…');
        return new TextQuality
        {
            Words = counts.Words,
            MeanWordLength = Ratio(counts.WordCharacters, counts.Words),
            HashToWordRatio = Ratio(hashes, counts.Words),
            EllipsisToWordRatio = Ratio(ellipses, counts.Words),
            SymbolToWordRatio = Ratio(hashes + ellipses, counts.Words),
            ShareWordsWithLetter = Ratio(counts.WordsWithLetter, counts.Words),
            ShareBulletLines = Ratio(counts.BulletLines, counts.Lines),
            ShareEllipsisLines = Ratio(counts.EllipsisLines, counts.Lines),
            StopWords = counts.StopWords,
            DifferentStopWords = System.Numerics.BitOperations.PopCount(counts.StopWordsSeen),
            ShareUpper = Ratio(counts.UpperLetters, counts.Letters),
        };
    }

    private static double Ratio(long count, long of) => of == 0 ? 0 : (double)count / of;

    private struct Counts
    {
        public int Words;
        public long WordCharacters;
        public int WordsWithLetter;
        public int Lines;
        public int BulletLines;
        public int EllipsisLines;
        public int StopWords;
        public uint StopWordsSeen;
        public int Letters;
        public int UpperLetters;

        public void AddLine(ReadOnlySpan<char> line)
        {
            Lines++;
            ReadOnlySpan<char> rest = line.Trim();
            BulletLines += rest is ['-' or '*' or '•', ..] ? 1 : 0;
            EllipsisLines += rest is [.., '…'] or [.., '.', '.', '.'] ? 1 : 0;
            while (!rest.IsEmpty)
            {
                int end = 0;
                while (end < rest.Length && !char.IsWhiteSpace(rest[end]))
                {
                    end++;
                }

                AddWord(rest[..end]);
                rest = rest[end..].TrimStart();
            }
        }

        private void AddWord(ReadOnlySpan<char> word)
        {
            Words++;
            int lettersBefore = Letters;
            foreach (Rune rune in word.EnumerateRunes())
            {
                WordCharacters++;
                Letters += Rune.IsLetter(rune) ? 1 : 0;
                UpperLetters += Rune.IsUpper(rune) ? 1 : 0;
            }

            WordsWithLetter += Letters > lettersBefore ? 1 : 0;
            for (int i = 0; i < KnownStopWords.Length; i++)
            {
                if (word.Equals(KnownStopWords[i], StringComparison.OrdinalIgnoreCase))
                {
                    StopWords++;
                    StopWordsSeen |= 1U << i;
                }
            }
        }
    }
}
