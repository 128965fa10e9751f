using Attune.Text.Unicode;

namespace Attune.Text.Patterns;

/// <summary>All matches of a pattern.</summary>
internal static class PatternMatches
{
    /// <summary>The matches that are not empty, from left to right.</summary>
    public static List<(int Start, int End)> Matches(this ISplitPattern pattern, ReadOnlySpan<byte> text)
    {
        var matches = new List<(int, int)>();
        int search = 0;
        while (pattern.FindNonEmpty(text, ref search, out int start, out int end))
        {
            matches.Add((start, end));
        }

        return matches;
    }

    /// <summary>The next match that is not empty; the search position moves behind it.</summary>
    public static bool FindNonEmpty(this ISplitPattern pattern, ReadOnlySpan<byte> text, ref int search, out int start, out int end)
    {
        while (search < text.Length && pattern.Find(text, search, out start, out end))
        {
            if (end > start)
            {
                search = end;
                return true;
            }

            // An empty match cuts nothing; the search goes on after the next character.
            search = end + 1;
            while (search < text.Length && Utf8.IsContinuation(text[search]))
            {
                search++;
            }
        }

        start = end = text.Length;
        return false;
    }
}
