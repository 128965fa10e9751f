using System.Globalization;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The methods of strings that ask about their characters; all but <c>isascii</c> are false for the empty string.</summary>
internal static class StringPredicates
{
    public static readonly Builtin[] Methods =
    [
        new("isascii", "", a => BoolValue.Of(System.Text.Ascii.IsValid(a.SelfText.Text))),
        new("isspace", "", a => All(a, (text, i) => PythonText.IsSpace(text[i]))),
        new("isalpha", "", a => All(a, IsLetter)),
        new("isdigit", "", a => All(a, IsDigit)),
        new("isdecimal", "", a => All(a, IsDecimal)),
        new("isnumeric", "", a => All(a, IsNumeric)),
        new("isalnum", "", a => All(a, IsAlphanumeric)),
        new("isidentifier", "", a => BoolValue.Of(!char.IsAsciiDigit(a.SelfText.Text.FirstOrDefault()) && All(a, (text, i) => text[i] == '_' || IsLetter(text, i) || IsDecimal(text, i)).IsTrue)),
        new("isprintable", "", a => BoolValue.Of(!PythonText.HasUnprintable(a.SelfText.Text))),
        new("islower", "", a => BoolValue.Of(HasCase(a.SelfText.Text, LetterCase.IsLower))),
        new("isupper", "", a => BoolValue.Of(HasCase(a.SelfText.Text, LetterCase.IsUpper))),
        new("istitle", "", a => BoolValue.Of(IsTitle(a.SelfText.Text))),
    ];

    /// <summary>Whether there is a cased letter and all of them have this case.</summary>
    public static bool HasCase(string text, Func<string, int, bool> hasCase)
    {
        bool any = false;
        for (int i = 0; i < text.Length; i += PythonText.SizeAt(text, i))
        {
            if (LetterCase.IsCased(text, i))
            {
                any = true;
                if (!hasCase(text, i))
                {
                    return false;
                }
            }
        }

        return any;
    }

    /// <summary>Whether the code point at a place is a letter or stands for a number.</summary>
    public static bool IsAlphanumeric(string text, int i) => IsLetter(text, i) || IsNumeric(text, i);

    private static BoolValue All(Arguments a, Func<string, int, bool> test)
    {
        string text = a.SelfText.Text;
        for (int i = 0; i < text.Length; i += PythonText.SizeAt(text, i))
        {
            if (!test(text, i))
            {
                return BoolValue.False;
            }
        }

        return BoolValue.Of(text.Length > 0);
    }

    private static bool IsLetter(string text, int i) => char.IsLetter(text, i);

    private static bool IsDecimal(string text, int i) => char.IsDigit(text, i);

    private static bool IsDigit(string text, int i) => CharUnicodeInfo.GetDigitValue(text, i) >= 0;

    private static bool IsNumeric(string text, int i) => CharUnicodeInfo.GetNumericValue(text, i) != -1;

    private static bool IsTitle(string text)
    {
        bool any = false, inWord = false;
        for (int i = 0; i < text.Length; i += PythonText.SizeAt(text, i))
        {
            bool cased = LetterCase.IsCased(text, i);
            if (cased && LetterCase.IsLower(text, i) != inWord)
            {
                return false;
            }

            any |= cased;
            inWord = cased;
        }

        return any;
    }
}
