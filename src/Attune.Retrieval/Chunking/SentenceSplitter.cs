using System.Buffers;

namespace Attune.Retrieval.Chunking;

/// <summary>Cuts texts into sentences by rules: full stops of abbreviations, initials and numbers end none, blank lines end all.</summary>
/// <remarks>
/// Made for English and what is written like it; the marks of Chinese, Japanese, Hindi, Arabic and Urdu are known, too. A mark ends a sentence when white space follows it (and the quotes and brackets
/// that close behind it), and then no lower-case letter.
/// </remarks>
public static class SentenceSplitter
{
    private static readonly SearchValues<char> Ends = SearchValues.Create(".!?…。！？｡．।॥؟۔\n");

    private static readonly SearchValues<char> Marks = SearchValues.Create(".!?…؟۔");

    /// <summary>Marks behind which no blank has to stand.</summary>
    private static readonly SearchValues<char> WideMarks = SearchValues.Create("。！？｡．।॥");

    private static readonly SearchValues<char> Closing = SearchValues.Create("\"'”’»)]}」』）】》");

    private static readonly SearchValues<char> Opening = SearchValues.Create("\"'“‘«([{「『（【《¿¡-–—*•");

    /// <summary>The sentences of a text in order, without the white space between them.</summary>
    public static IReadOnlyList<TextSpan> Split(string text)
    {
        var sentences = new List<TextSpan>();
        int start = 0;
        int from = 0;
        while (text.AsSpan(from).IndexOfAny(Ends) is var at and >= 0)
        {
            at += from;
            bool endsLine = text[at] == '\n';
            int end = endsLine ? EndOfParagraph(text, at) : EndOfSentence(text, start, at);
            from = endsLine ? at + 1 : Math.Max(end, BehindMarks(text, at));
            if (end >= 0)
            {
                Add(end);
            }
        }

        Add(text.Length);
        return sentences;

        void Add(int end)
        {
            if (end <= start)
            {
                return;
            }

            if (new TextSpan(start, end).Trim(text) is { Length: > 0 } sentence)
            {
                sentences.Add(sentence);
            }

            for (start = end; start < text.Length && char.IsWhiteSpace(text[start]);)
            {
                start++;
            }
        }
    }

    /// <summary>Where a paragraph ends whose last line ends here; -1 when a line of the same paragraph follows.</summary>
    private static int EndOfParagraph(string text, int at)
    {
        for (int i = at + 1; i < text.Length && char.IsWhiteSpace(text[i]); i++)
        {
            if (text[i] == '\n')
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>Where the sentence ends behind its marks and what closes with them; -1 when it goes on.</summary>
    private static int EndOfSentence(string text, int start, int at)
    {
        int end = BehindMarks(text, at);
        bool isWide = text.AsSpan(at, end - at).ContainsAny(WideMarks);
        while (end < text.Length && Closing.Contains(text[end]))
        {
            end++;
        }

        if (isWide || end == text.Length)
        {
            return end;
        }

        return char.IsWhiteSpace(text[end]) && !GoesOn(text, start, at, end) ? end : -1;
    }

    private static int BehindMarks(string text, int at)
    {
        int end = at + 1;
        while (end < text.Length && (Marks.Contains(text[end]) || WideMarks.Contains(text[end])))
        {
            end++;
        }

        return end;
    }

    /// <summary>Whether the sentence goes on behind marks and white space.</summary>
    private static bool GoesOn(string text, int start, int at, int end)
    {
        int next = end;
        while (next < text.Length && (char.IsWhiteSpace(text[next]) || Opening.Contains(text[next])))
        {
            next++;
        }

        if (next == text.Length)
        {
            return false;
        }

        if (char.IsLower(text[next]))
        {
            return true;
        }

        // One full stop and nothing closing behind it may be that of a word.
        if (text[at] != '.' || end != at + 1)
        {
            return false;
        }

        string word = WordBefore(text, start, at);
        return IsNumberOfItem(text, start, at) || (word.Length > 0 && Abbreviations.Continues(word, WordAt(text, next, out bool isAbbreviated), isAbbreviated));
    }

    /// <summary>Whether a sentence or a line begins with the number before the full stop: the number of an item in a list.</summary>
    private static bool IsNumberOfItem(string text, int start, int at)
    {
        const int MostDigits = 3;
        int first = at;
        while (first > start && at - first < MostDigits && char.IsAsciiDigit(text[first - 1]))
        {
            first--;
        }

        return first < at && (first == start || text[first - 1] == '\n');
    }

    private static string WordBefore(string text, int start, int at)
    {
        int first = at;
        while (first > start && (char.IsLetter(text[first - 1]) || text[first - 1] == '.'))
        {
            first--;
        }

        return text[first..at].TrimStart('.');
    }

    private static string WordAt(string text, int first, out bool isAbbreviated)
    {
        int end = first;
        while (end < text.Length && char.IsLetterOrDigit(text[end]))
        {
            end++;
        }

        isAbbreviated = end < text.Length && text[end] == '.';
        return text[first..end];
    }
}
