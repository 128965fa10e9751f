using System.Text;

namespace Attune.Data.Tasks;

/// <summary>Places in texts, counted in code points as offsets of tokens and public data sets are.</summary>
public static class CodePoints
{
    /// <summary>Number of code points.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        int count = 0;
        foreach (Rune _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    /// <summary>The index of the character at a place; the length of the text for the place behind its end, -1 for places after that.</summary>
    public static int IndexOf(string text, int place)
    {
        int index = 0;
        for (; place > 0 && index < text.Length; place--)
        {
            index += index + 1 < text.Length && char.IsSurrogatePair(text, index) ? 2 : 1;
        }

        return place == 0 ? index : -1;
    }

    /// <summary>A part of a text, which must have it.</summary>
    public static string Slice(string text, int start, int end)
    {
        int from = IndexOf(text, start);
        return text[from..(from + IndexOf(text[from..], end - start))];
    }
}
