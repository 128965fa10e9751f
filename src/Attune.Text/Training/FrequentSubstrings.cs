namespace Attune.Text.Training;

/// <summary>The substrings of words that occur at least twice and cannot be made longer to the right without losing an occurrence: the inner nodes of the suffix tree.</summary>
/// <remarks>Suffixes are sorted by as many characters as count, so memory is a few bytes per character of the different words.</remarks>
internal sealed class FrequentSubstrings
{
    private readonly int[] _text;
    private readonly int[] _suffixes;
    private readonly int _limit;

    /// <summary>Sorts the suffixes of words.</summary>
    /// <param name="words">The words.</param>
    /// <param name="maxLength">Most characters of a substring.</param>
    public FrequentSubstrings(IReadOnlyList<string> words, int maxLength)
    {
        // A zero stands behind every word, and for itself in the texts: no substring holds one.
        _text = [.. words.SelectMany(word => word.EnumerateRunes().Select(rune => rune.Value).Append(0))];
        _limit = maxLength + 1;
        _suffixes = [.. Enumerable.Range(0, _text.Length).Where(index => _text[index] != 0)];
        Array.Sort(_suffixes, Compare);
    }

    /// <summary>The substrings of two characters and more with their numbers of occurrences.</summary>
    public IEnumerable<(string Text, int Count)> Find()
    {
        var open = new Stack<(int Depth, int First)>();
        for (int i = 1; i <= _suffixes.Length; i++)
        {
            int common = i < _suffixes.Length ? Common(_suffixes[i - 1], _suffixes[i]) : 0;
            int first = i - 1;
            while (open.TryPeek(out (int Depth, int First) node) && node.Depth > common)
            {
                open.Pop();
                first = node.First;
                if (node.Depth is > 1 && node.Depth < _limit)
                {
                    yield return (TextAt(_suffixes[node.First], node.Depth), i - node.First);
                }
            }

            if (common > 0 && (open.Count == 0 || open.Peek().Depth < common))
            {
                open.Push((common, first));
            }
        }
    }

    private int Compare(int left, int right)
    {
        int common = Common(left, right);
        return common == _limit ? 0 : At(left + common).CompareTo(At(right + common));
    }

    /// <summary>Length of what two suffixes have in common, at most the limit. Ends of words are alike, but nothing behind them is looked at.</summary>
    private int Common(int left, int right)
    {
        int common = 0;
        while (common < _limit && At(left + common) == At(right + common))
        {
            if (At(left + common) == 0)
            {
                return _limit;
            }

            common++;
        }

        return common;
    }

    private int At(int index) => index < _text.Length ? _text[index] : 0;

    private string TextAt(int start, int length) => string.Concat(_text.AsSpan(start, length).ToArray().Select(char.ConvertFromUtf32));
}
