using System.Buffers;

namespace Attune.Text.Templates.Builtins;

/// <summary>Finds a text in another in linear time, whatever the two are (Knuth, Morris, Pratt 1977).</summary>
internal static class TextSearch
{
    /// <summary>Shorter parts are found faster by comparing at every place, and not slower than so many times the text.</summary>
    private const int LongPart = 256;

    /// <summary>The first place of a part from an offset on; -1 for none.</summary>
    public static int IndexOf(string text, string part, int from = 0)
    {
        int at = part.Length < LongPart ? text.AsSpan(from).IndexOf(part, StringComparison.Ordinal) : Search(text.AsSpan(from), part, fromRight: false);
        return at < 0 ? -1 : from + at;
    }

    /// <summary>The last place of a part; -1 for none.</summary>
    public static int LastIndexOf(ReadOnlySpan<char> text, string part) =>
        part.Length < LongPart ? text.LastIndexOf(part, StringComparison.Ordinal) : Search(text, part, fromRight: true);

    private static int Search(ReadOnlySpan<char> text, ReadOnlySpan<char> part, bool fromRight)
    {
        // borders[i]: how long a proper beginning of the part's first i + 1 characters is also their end.
        int[] borders = ArrayPool<int>.Shared.Rent(part.Length);
        borders[0] = 0;
        for (int i = 1, matched = 0; i < part.Length; i++)
        {
            matched = Extend(part, borders, matched, At(part, i, fromRight), fromRight);
            borders[i] = matched;
        }

        int found = -1;
        for (int i = 0, matched = 0; i < text.Length && found < 0; i++)
        {
            matched = Extend(part, borders, matched, At(text, i, fromRight), fromRight);
            if (matched == part.Length)
            {
                found = fromRight ? text.Length - 1 - i : i - part.Length + 1;
            }
        }

        ArrayPool<int>.Shared.Return(borders);
        return found;
    }

    /// <summary>How much of the part's beginning matches after one more character.</summary>
    private static int Extend(ReadOnlySpan<char> part, int[] borders, int matched, char next, bool fromRight)
    {
        while (matched > 0 && At(part, matched, fromRight) != next)
        {
            matched = borders[matched - 1];
        }

        return At(part, matched, fromRight) == next ? matched + 1 : matched;
    }

    private static char At(ReadOnlySpan<char> text, int i, bool fromRight) => text[fromRight ? text.Length - 1 - i : i];
}
