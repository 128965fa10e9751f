namespace Attune.Text.Templates.Builtins;

/// <summary>Breaks a line of text between words, after hyphens inside words and, when a word alone is too long, inside it.</summary>
internal sealed class WordWrapper(int width, bool breakLongWords, bool breakOnHyphens)
{
    /// <summary>The lines of one paragraph; blanks at a break are dropped.</summary>
    public List<string> Wrap(string text)
    {
        int[] starts = CodePointStarts(text);
        int count = starts.Length - 1;
        var lines = new List<string>();
        int position = 0, pieceEnd = PieceEnd(text, starts, 0);
        while (position < count)
        {
            if (lines.Count > 0 && IsBlank(text, starts, position))
            {
                position = pieceEnd;
                pieceEnd = PieceEnd(text, starts, position);
            }

            int lineStart = position;
            while (position < count && pieceEnd - lineStart <= width)
            {
                position = pieceEnd;
                pieceEnd = PieceEnd(text, starts, position);
            }

            if (position < count && pieceEnd - position > width && (breakLongWords || position == lineStart))
            {
                position = breakLongWords ? lineStart + width : pieceEnd;
                pieceEnd = position == pieceEnd ? PieceEnd(text, starts, position) : pieceEnd;
            }

            string line = text[starts[lineStart]..starts[position]];
            line = PythonText.Strip(line, null, left: false).ToString();
            if (line.Length > 0)
            {
                lines.Add(line);
            }
        }

        return lines;
    }

    /// <summary>Where each code point begins, and the length of the text.</summary>
    private static int[] CodePointStarts(string text)
    {
        var starts = new List<int>(text.Length + 1);
        for (int i = 0; i < text.Length; i += PythonText.SizeAt(text, i))
        {
            starts.Add(i);
        }

        return [.. starts, text.Length];
    }

    /// <summary>The end of the word, part of a word or run of blanks that begins here.</summary>
    private int PieceEnd(string text, int[] starts, int start)
    {
        int end = start + 1;
        if (end >= starts.Length)
        {
            return start;
        }

        bool blank = IsBlank(text, starts, start);
        while (end < starts.Length - 1 && IsBlank(text, starts, end) == blank && !(breakOnHyphens && BreaksBefore(text, starts, start, end)))
        {
            end++;
        }

        return end;
    }

    // After a hyphen between letters, with at least two of the word before it and two after it.
    private static bool BreaksBefore(string text, int[] starts, int start, int i) =>
        text[starts[i - 1]] == '-' && i - start > 2 && i + 1 < starts.Length - 1
        && char.IsLetter(text, starts[i - 3]) && char.IsLetter(text, starts[i - 2]) && char.IsLetter(text, starts[i]) && char.IsLetter(text, starts[i + 1]);

    private static bool IsBlank(string text, int[] starts, int i) => PythonText.IsSpace(text[starts[i]]);
}
