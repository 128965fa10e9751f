using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Attune.Data.Cleaning;

/// <summary>Repairs texts in UTF-8 that were once read in an 8-bit encoding, which makes <c>cafÃ©</c> of <c>café</c>.</summary>
/// <remarks>
/// A text is repaired when it can be written in such an encoding, its bytes are UTF-8 with at least one character of several bytes, and the characters that come out are used while those that went
/// away look like damage. Text that was meant as it stands nearly never has that form: a letter with an accent would have to be followed by a symbol or control character.
/// </remarks>
public static class Mojibake
{
    /// <summary>So often can a text have been misread.</summary>
    private const int Rounds = 3;

    // What an encoding lacks is left out, which the number of bytes tells.
    private static readonly EncoderReplacementFallback LeftOut = new("");

    // The commonest first: western pages of Windows and the web, the Mac's, the Cyrillic one of Windows. A character is one byte in all of them, and undefined bytes are controls.
    private static readonly Encoding[] Candidates = [.. new[] { 28591, 1252, 10000, 1251 }.Select(page =>
        CodePagesEncodingProvider.Instance.GetEncoding(page, LeftOut, DecoderFallback.ExceptionFallback) ?? Encoding.GetEncoding(page, LeftOut, DecoderFallback.ExceptionFallback))];

    /// <summary>The text as it was meant, or the text itself.</summary>
    public static string Repair(string text)
    {
        for (int round = 0; round < Rounds && IsDamaged(text); round++)
        {
            if (Candidates.Select(encoding => Reread(text, encoding)).FirstOrDefault(repaired => repaired is not null) is not { } better)
            {
                break;
            }

            text = better;
        }

        return WithoutC1(text);
    }

    private static string? Reread(string text, Encoding encoding)
    {
        byte[] bytes = encoding.GetBytes(text);
        if (bytes.Length != text.Length || !Utf8.IsValid(bytes))
        {
            return null;
        }

        string repaired = Encoding.UTF8.GetString(bytes);
        return repaired.Length < text.Length && repaired.EnumerateRunes().All(IsUsual) ? repaired : null;
    }

    /// <summary>Whether a text has a character that words rarely have, next to a letter beyond ASCII: what misreading leaves.</summary>
    private static bool IsDamaged(string text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (!char.IsAscii(text[i - 1]) && !char.IsAscii(text[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a character is one that texts have, or that a text has which was misread twice: letters of living scripts, common symbols, emoji, controls.</summary>
    private static bool IsUsual(Rune rune) => rune.Value switch
    {
        < 0x180 => true,
        < 0x250 => rune.Value is (>= 0x1A0 and <= 0x1B0) or (>= 0x218 and <= 0x21B),
        _ => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Control) || rune.Value == 0xF8FF,
    };

    /// <summary>Controls of the second block are bytes of Windows' western page that nobody translated.</summary>
    private static string WithoutC1(string text) => text.AsSpan().ContainsAnyInRange('\u0080', '\u009F')
        ? string.Concat(text.Select(letter => letter is >= '\u0080' and <= '\u009F' ? Candidates[1].GetString([(byte)letter])[0] : letter))
        : text;
}
