using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text;

namespace Attune.Data.Cleaning;

/// <summary>Character references of HTML, such as <c>&amp;eacute;</c> and <c>&amp;#233;</c> (WHATWG HTML, 13.2.5.72): the names of HTML 4, and of those the old ones also without a semicolon.</summary>
public static class HtmlEntities
{
    private const int LongestName = 8;

    /// <summary>The names of ISO 8859-1's characters and of those that HTML itself uses.</summary>
    private static readonly FrozenSet<string> WithoutSemicolon =
        ("amp lt gt quot AMP LT GT QUOT COPY REG nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 "
        + "frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml "
        + "Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml "
        + "yacute thorn yuml").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The text with its references resolved; what is none stays.</summary>
    /// <param name="text">The text.</param>
    /// <param name="upperCase">Whether names of small letters in capitals (<c>&amp;EACUTE;</c>), which are none, count as those of capital letters.</param>
    public static string Decode(string text, bool upperCase = false)
    {
        int at = text.IndexOf('&');
        if (at < 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        int done = 0;
        for (; at >= 0; at = text.IndexOf('&', at + 1))
        {
            if (at < done)
            {
                continue;
            }

            (string? character, int length) = at + 1 < text.Length && text[at + 1] == '#' ? Number(text.AsSpan(at)) : Name(text, at, upperCase);
            if (character is not null)
            {
                result.Append(text, done, at - done).Append(character);
                done = at + length;
            }
        }

        return result.Append(text, done, text.Length - done).ToString();
    }

    private static (string? Character, int Length) Name(string text, int at, bool upperCase)
    {
        int end = at + 1;
        while (end < text.Length && end - at <= LongestName && char.IsAsciiLetterOrDigit(text[end]))
        {
            end++;
        }

        if (end < text.Length && text[end] == ';')
        {
            string name = text[(at + 1)..end];
            if (Resolve(name) is { } whole)
            {
                return (whole, end + 1 - at);
            }

            if (upperCase && name.Length > 2 && name.All(char.IsAsciiLetterUpper) && Resolve(name[0] + name[1..].ToLower(CultureInfo.InvariantCulture)) is { } capital)
            {
                return (capital, end + 1 - at);
            }
        }

        for (; end > at + 1; end--)
        {
            string name = text[(at + 1)..end];
            if (WithoutSemicolon.Contains(name))
            {
                return (Resolve(name), end - at);
            }
        }

        return (null, 0);
    }

    private static string? Resolve(string name)
    {
        string written = name is "AMP" or "LT" or "GT" or "QUOT" or "COPY" or "REG" ? $"&{name.ToLower(CultureInfo.InvariantCulture)};" : $"&{name};";
        string character = WebUtility.HtmlDecode(written);
        return character == written ? null : character;
    }

    private static (string? Character, int Length) Number(ReadOnlySpan<char> text)
    {
        bool isHexadecimal = text.Length > 2 && text[2] is 'x' or 'X';
        int start = isHexadecimal ? 3 : 2, end = start;
        long value = 0;
        while (end < text.Length && (isHexadecimal ? char.IsAsciiHexDigit(text[end]) : char.IsAsciiDigit(text[end])))
        {
            value = Math.Min(0x110000, (value * (isHexadecimal ? 16 : 10)) + int.Parse(text.Slice(end, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            end++;
        }

        if (end == start)
        {
            return (null, 0);
        }

        int length = end < text.Length && text[end] == ';' ? end + 1 : end;

        // Numbers of the second control block mean the characters of Windows' western page.
        return value is >= 0x80 and <= 0x9F ? (Mojibake.Repair(((char)value).ToString()), length)
            : (value != 0 && Rune.IsValid((int)value) ? new Rune((int)value).ToString() : "\uFFFD", length);
    }
}
