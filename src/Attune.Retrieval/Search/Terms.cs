using System.Text;

namespace Attune.Retrieval.Search;

/// <summary>What texts are searched by: runs of letters, digits and their marks in lower case; Chinese characters and kana, which no blanks separate, one by one.</summary>
public static class Terms
{
    /// <summary>The terms of a text in order.</summary>
    public static IEnumerable<string> Of(string text)
    {
        int start = -1;
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out int length);
            bool isAlone = IsAlone(rune);
            if (start >= 0 && (isAlone || !IsInside(rune)))
            {
                yield return Lower(text[start..i]);
                start = -1;
            }

            if (isAlone)
            {
                yield return text.Substring(i, length);
            }
            else if (start < 0 && IsInside(rune))
            {
                start = i;
            }

            i += length;
        }

        if (start >= 0)
        {
            yield return Lower(text[start..]);
        }
    }

    private static bool IsInside(Rune rune) => Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static bool IsAlone(Rune rune) => rune.Value is (>= 0x3040 and <= 0x30FF) or (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);

#pragma warning disable CA1308 // terms are compared with those of other tools, which are in lower case
    private static string Lower(string term) => term.ToLowerInvariant();
#pragma warning restore CA1308
}
