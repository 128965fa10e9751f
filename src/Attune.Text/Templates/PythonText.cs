using System.Globalization;
using System.Text;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>Strings as Python sees them: sequences of code points, with Unicode's white space and line ends.</summary>
internal static class PythonText
{
    private const int FewCharacters = 32;

    /// <summary>Whether <c>str.isspace</c> holds: Unicode white space and the four separators of ASCII.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary>Units of the code point at a place: 2 for a surrogate pair.</summary>
    public static int SizeAt(ReadOnlySpan<char> text, int i) => char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;

    public static int CountCodePoints(ReadOnlySpan<char> text)
    {
        int first = text.IndexOfAnyInRange('\uD800', '\uDBFF');
        if (first < 0)
        {
            return text.Length;
        }

        int count = first;
        for (int i = first; i < text.Length; i += SizeAt(text, i))
        {
            count++;
        }

        return count;
    }

    /// <summary>Where in UTF-16 the code point of this index begins; the length for an index at the end.</summary>
    public static int IndexOfCodePoint(StringValue text, int index)
    {
        if (!text.HasSurrogatePairs)
        {
            return index;
        }

        int unit = 0;
        for (int i = 0; i < index; i++)
        {
            unit += SizeAt(text.Text, unit);
        }

        return unit;
    }

    public static void AppendCodePoint(StringBuilder text, int code)
    {
        if (code > 0xFFFF)
        {
            text.Append(char.ConvertFromUtf32(code));
        }
        else
        {
            text.Append((char)code);
        }
    }

    /// <summary>The code point at a place; a lone surrogate is its own.</summary>
    public static int CodePointAt(ReadOnlySpan<char> text, int i) => SizeAt(text, i) == 2 ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i];

    /// <summary>Order by code points, which differs from the order of UTF-16 units beyond U+FFFF.</summary>
    public static int Compare(string a, string b)
    {
        int i = a.AsSpan().CommonPrefixLength(b);
        if (i == a.Length || i == b.Length)
        {
            return a.Length.CompareTo(b.Length);
        }

        bool highA = char.IsSurrogate(a[i]), highB = char.IsSurrogate(b[i]);
        return highA == highB ? a[i].CompareTo(b[i]) : highA ? 1 : -1;
    }

    /// <summary><c>str.strip(chars)</c>; blanks when no characters are given.</summary>
    public static ReadOnlySpan<char> Strip(string text, string? chars, bool left = true, bool right = true)
    {
        // Many characters are looked up instead of compared one after the other.
        HashSet<int>? many = chars?.Length > FewCharacters ? [.. chars.EnumerateRunes().Select(rune => rune.Value)] : null;
        int start = 0, end = text.Length;
        while (left && start < end && IsStripped(text, start, SizeAt(text, start), chars, many))
        {
            start += SizeAt(text, start);
        }

        while (right && end > start)
        {
            int size = end - 2 >= start && SizeAt(text, end - 2) == 2 ? 2 : 1;
            if (!IsStripped(text, end - size, size, chars, many))
            {
                break;
            }

            end -= size;
        }

        return text.AsSpan(start, end - start);
    }

    /// <summary><c>str.splitlines(keepends)</c>.</summary>
    public static List<string> SplitLines(string text, bool keepEnds = false)
    {
        var lines = new List<string>();
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && !IsLineEnd(text[end]))
            {
                end++;
            }

            int next = end < text.Length ? end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1) : end;
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }

        return lines;
    }

    /// <summary><c>repr(text)</c>: quoted, with escapes for what cannot be printed.</summary>
    public static void AppendRepr(StringBuilder result, string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        result.Append(quote);
        for (int i = 0; i < text.Length; i += SizeAt(text, i))
        {
            int code = CodePointAt(text, i);
            _ = code switch
            {
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                '\\' => result.Append("\\\\"),
                _ when code == quote => result.Append('\\').Append(quote),
                _ when IsPrintable(text, i) => result.Append(text, i, SizeAt(text, i)),
                < 0x100 => result.Append(CultureInfo.InvariantCulture, $"\\x{code:x2}"),
                < 0x10000 => result.Append(CultureInfo.InvariantCulture, $"\\u{code:x4}"),
                _ => result.Append(CultureInfo.InvariantCulture, $"\\U{code:x8}"),
            };
        }

        result.Append(quote);
    }

    /// <summary>Whether a character stands in the text that <c>repr</c> escapes.</summary>
    public static bool HasUnprintable(string text)
    {
        for (int i = 0; i < text.Length; i += SizeAt(text, i))
        {
            if (!IsPrintable(text, i))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPrintable(string text, int i) => text[i] == ' ' || CharUnicodeInfo.GetUnicodeCategory(text, i)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static bool IsLineEnd(char c) => c is '\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029';

    private static bool IsStripped(string text, int i, int size, string? chars, HashSet<int>? many) =>
        chars is null ? IsSpace(text[i]) : many is not null ? many.Contains(CodePointAt(text, i)) : chars.AsSpan().IndexOf(text.AsSpan(i, size)) >= 0;
}
