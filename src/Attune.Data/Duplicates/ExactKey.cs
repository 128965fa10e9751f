using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Attune.Text;

namespace Attune.Data.Duplicates;

/// <summary>What is left of a text when nothing but its words counts: compatible characters, case, punctuation and white space are made equal.</summary>
public static class ExactKey
{
    /// <summary>The words of a text (runs of letters, digits and underscores) in lower case, with one blank between them.</summary>
    public static string Normalize(string text)
    {
        var words = new StringBuilder(text.Length);
        bool isInside = false;
        Span<char> letters = stackalloc char[2];
        foreach (Rune rune in UnicodeText.Normalize(text, NormalizationForm.FormKC).EnumerateRunes())
        {
            bool isWord = IsWord(rune);
            if (isWord)
            {
                if (!isInside && words.Length > 0)
                {
                    words.Append(' ');
                }

                words.Append(letters[..Rune.ToLowerInvariant(rune).EncodeToUtf16(letters)]);
            }

            isInside = isWord;
        }

        return words.ToString();
    }

    /// <summary>The SHA-256 of the text's words [32 bytes].</summary>
    public static byte[] Hash(string text) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Normalize(text)));

    private static bool IsWord(Rune rune) => rune.IsAscii
        ? char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value == '_'
        : Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
