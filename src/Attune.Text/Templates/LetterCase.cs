using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Attune.Text.Templates;

/// <summary>Upper and lower case with Unicode's full mappings, where one character may become several.</summary>
internal static class LetterCase
{
    // SpecialCasing.txt of the Unicode character database, the unconditional upper-case mappings: a character, then what it becomes.
    private const string SpecialUpper =
        "ßSS|ŉʼN|ǰJ\u030C|ΐΙ\u0308\u0301|ΰΥ\u0308\u0301|ևԵՒ|ẖH\u0331|ẗT\u0308|ẘW\u030A|ẙY\u030A|ẚAʾ|ὐΥ\u0313|ὒΥ\u0313\u0300|ὔΥ\u0313\u0301|ὖΥ\u0313\u0342|" +
        "ᾀἈΙ|ᾁἉΙ|ᾂἊΙ|ᾃἋΙ|ᾄἌΙ|ᾅἍΙ|ᾆἎΙ|ᾇἏΙ|ᾈἈΙ|ᾉἉΙ|ᾊἊΙ|ᾋἋΙ|ᾌἌΙ|ᾍἍΙ|ᾎἎΙ|ᾏἏΙ|ᾐἨΙ|ᾑἩΙ|ᾒἪΙ|ᾓἫΙ|ᾔἬΙ|ᾕἭΙ|ᾖἮΙ|ᾗἯΙ|ᾘἨΙ|ᾙἩΙ|ᾚἪΙ|ᾛἫΙ|ᾜἬΙ|ᾝἭΙ|ᾞἮΙ|ᾟἯΙ|" +
        "ᾠὨΙ|ᾡὩΙ|ᾢὪΙ|ᾣὫΙ|ᾤὬΙ|ᾥὭΙ|ᾦὮΙ|ᾧὯΙ|ᾨὨΙ|ᾩὩΙ|ᾪὪΙ|ᾫὫΙ|ᾬὬΙ|ᾭὭΙ|ᾮὮΙ|ᾯὯΙ|ᾲᾺΙ|ᾳΑΙ|ᾴΆΙ|ᾶΑ\u0342|ᾷΑ\u0342Ι|ᾼΑΙ|ῂῊΙ|ῃΗΙ|ῄΉΙ|ῆΗ\u0342|ῇΗ\u0342Ι|ῌΗΙ|" +
        "ῒΙ\u0308\u0300|\u1FD3Ι\u0308\u0301|ῖΙ\u0342|ῗΙ\u0308\u0342|ῢΥ\u0308\u0300|\u1FE3Υ\u0308\u0301|ῤΡ\u0313|ῦΥ\u0342|ῧΥ\u0308\u0342|ῲῺΙ|ῳΩΙ|ῴΏΙ|ῶΩ\u0342|ῷΩ\u0342Ι|ῼΩΙ|" +
        "ﬀFF|ﬁFI|ﬂFL|ﬃFFI|ﬄFFL|ﬅST|ﬆST|ﬓՄՆ|ﬔՄԵ|ﬕՄԻ|ﬖՎՆ|ﬗՄԽ";

    private static readonly FrozenDictionary<char, string> Specials = SpecialUpper.Split('|').ToFrozenDictionary(entry => entry[0], entry => entry[1..]);

    private static readonly SearchValues<char> SpecialCharacters = SearchValues.Create([.. Specials.Keys]);

    public static string Upper(string text)
    {
        if (!text.AsSpan().ContainsAny(SpecialCharacters))
        {
            return text.ToUpperInvariant();
        }

        var result = new StringBuilder();
        foreach (char c in text)
        {
            _ = Specials.TryGetValue(c, out string? several) ? result.Append(several) : result.Append(c);
        }

        return result.ToString().ToUpperInvariant();
    }

    public static string Lower(string text)
    {
        string lower = text.ToLowerInvariant();
        if (!text.AsSpan().ContainsAny('\u0130', '\u03A3'))
        {
            return lower;
        }

        var result = new StringBuilder(lower.Length);
        for (int i = 0; i < text.Length; i++)
        {
            _ = text[i] switch
            {
                '\u0130' => result.Append("i\u0307"),
                '\u03A3' => result.Append(IsFinalSigma(text, i) ? '\u03C2' : '\u03C3'),
                _ => result.Append(lower[i]),
            };
        }

        return result.ToString();
    }

    /// <summary><c>str.casefold</c>: the form for comparing without case.</summary>
    public static string Fold(string text)
    {
        // Folding is lower case of upper case, except that Cherokee folds to upper case and the dotless i stays.
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            string one = rune.ToString();
            _ = rune.Value switch
            {
                'ı' => result.Append('ı'),
                >= 0x13A0 and <= 0x13FD or >= 0xAB70 and <= 0xABBF => result.Append(one.ToUpperInvariant()),
                _ => result.Append(FoldUpper(Upper(one))),
            };
        }

        return result.ToString();
    }

    /// <summary><c>str.title</c>: each run of letters begins with a title-case letter.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        bool inWord = false;
        for (int i = 0; i < text.Length; i += PythonText.SizeAt(text, i))
        {
            string one = text.Substring(i, PythonText.SizeAt(text, i));
            result.Append(inWord ? LowerAt(text, i) : TitleOf(one));
            inWord = IsCased(one, 0);
        }

        return result.ToString();
    }

    /// <summary><c>str.capitalize</c>: the first character in title case, the rest in lower case.</summary>
    public static string Capitalize(string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        int size = PythonText.SizeAt(text, 0);
        return TitleOf(text[..size]) + Lower(text)[LowerAt(text, 0).Length..];
    }

    public static string SwapCase(string text)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i += PythonText.SizeAt(text, i))
        {
            string one = text.Substring(i, PythonText.SizeAt(text, i));
            result.Append(IsUpper(one, 0) ? LowerAt(text, i) : IsLower(one, 0) ? Upper(one) : one);
        }

        return result.ToString();
    }

    public static bool IsUpper(string text, int i) => CharUnicodeInfo.GetUnicodeCategory(text, i) == UnicodeCategory.UppercaseLetter || text[i] is >= '\u2160' and <= '\u216F' or >= '\u24B6' and <= '\u24CF';

    public static bool IsLower(string text, int i) => CharUnicodeInfo.GetUnicodeCategory(text, i) == UnicodeCategory.LowercaseLetter
        || text[i] is 'ª' or 'º' or >= '\u2170' and <= '\u217F' or >= '\u24D0' and <= '\u24E9' or >= '\u02B0' and <= '\u02B8' or >= '\u02E0' and <= '\u02E4';

    public static bool IsCased(string text, int i) => IsUpper(text, i) || IsLower(text, i) || CharUnicodeInfo.GetUnicodeCategory(text, i) == UnicodeCategory.TitlecaseLetter;

    private static string FoldUpper(string upper) => upper.Replace('\u03A3', '\u03C3').ToLowerInvariant();

    private static string LowerAt(string text, int i) => text[i] switch
    {
        '\u03A3' => IsFinalSigma(text, i) ? "\u03C2" : "\u03C3",
        _ => Lower(text.Substring(i, PythonText.SizeAt(text, i))),
    };

    // Title case differs from upper case in the Latin digraphs, where only the first letter is large, in Georgian, which has none, and in what becomes several letters.
    private static string TitleOf(string one) => one[0] switch
    {
        >= '\u01C4' and <= '\u01C6' => "\u01C5",
        >= '\u01C7' and <= '\u01C9' => "\u01C8",
        >= '\u01CA' and <= '\u01CC' => "\u01CB",
        >= '\u01F1' and <= '\u01F3' => "\u01F2",
        >= '\u10D0' and <= '\u10FF' => one,
        >= '\u1F80' and <= '\u1FAF' or '\u1FB3' or '\u1FBC' or '\u1FC3' or '\u1FCC' or '\u1FF3' or '\u1FFC' => one.ToUpperInvariant(),
        char c when Specials.TryGetValue(c, out string? several) => several[..1] + TitleTail(several[1..]),
        _ => Upper(one),
    };

    private static string TitleTail(string tail) => tail.Replace('\u0399', '\u0345').ToLowerInvariant();

    // A sigma is final after a cased letter and before none; marks and apostrophes between do not count.
    private static bool IsFinalSigma(string text, int i)
    {
        int before = i - 1, after = i + 1;
        while (before >= 0 && IsIgnorable(text[before]))
        {
            before--;
        }

        while (after < text.Length && IsIgnorable(text[after]))
        {
            after++;
        }

        return before >= 0 && IsCased(text, before) && (after >= text.Length || !IsCased(text, after));
    }

    private static bool IsIgnorable(char c) => c is '\'' or '.' or ':' or '^' or '`' or '\u00A8' or '\u00AD' or '\u00AF' or '\u00B4' or '\u00B7' or '\u00B8' or '\u2019'
        || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
