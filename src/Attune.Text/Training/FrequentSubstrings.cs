namespace Attune.Text.Training;

/// <summary>The substrings of words that occur at least twice and cannot be made longer to the right without losing an occurrence: the inner nodes of the suffix tree.</summary>
/// <remarks>Suffixes are sorted by as many characters as count, so memory is a few bytes per character of the different words.</remarks>
internal sealed class FrequentSubstrings
{
    // Ranges up to this size are sorted by insertion.
    private const int SmallRange = 12;

    private const int SuffixesBetweenChecks = 1 << 14;

    private readonly CancellationToken _cancellation;
    private readonly int[] _text;
    private readonly int[] _suffixes;
    private readonly int _limit;

    /// <summary>Sorts the suffixes of words.</summary>
    /// <param name="words">The words.</param>
    /// <param name="maxLength">Most characters of a substring.</param>
    /// <param name="cancellation">Stops it.</param>
    public FrequentSubstrings(IReadOnlyList<string> words, int maxLength, CancellationToken cancellation)
    {
        _cancellation = cancellation;

        // A zero stands behind every word, and for itself in the texts: no substring holds one.
        _text = [.. words.SelectMany(word => word.EnumerateRunes().Select(rune => rune.Value).Append(0))];
        _limit = maxLength + 1;
        _suffixes = [.. Enumerable.Range(0, _text.Length).Where(index => _text[index] != 0)];
        Sort();
    }

    /// <summary>The substrings of two characters and more with their numbers of occurrences.</summary>
    public IEnumerable<(string Text, int Count)> Find()
    {
        var open = new Stack<(int Depth, int First)>();
        for (int i = 1; i <= _suffixes.Length; i++)
        {
            Check(i);
            int common = i < _suffixes.Length ? Common(_suffixes[i - 1], _suffixes[i], _limit) : 0;
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

    private void Check(int done)
    {
        if (done % SuffixesBetweenChecks == 0)
        {
            _cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Sorts by one character after the other (Bentley and Sedgewick 1997), so that what suffixes have in common is looked at once and not in every comparison.</summary>
    private void Sort()
    {
        var open = new Stack<(int Start, int End, int Depth)>();
        open.Push((0, _suffixes.Length, 0));
        while (open.TryPop(out (int Start, int End, int Depth) range))
        {
            if (range.Depth == _limit || range.End - range.Start < 2)
            {
                continue;
            }

            if (range.End - range.Start <= SmallRange)
            {
                Insert(_suffixes.AsSpan(range.Start..range.End), range.Depth);
                continue;
            }

            _cancellation.ThrowIfCancellationRequested();
            int pivot = Middle(range.Start, range.End, range.Depth);
            (int less, int more) = Part(range.Start, range.End, range.Depth, pivot);
            open.Push((range.Start, less, range.Depth));
            open.Push((more, range.End, range.Depth));
            if (pivot != 0)
            {
                open.Push((less, more, range.Depth + 1));
            }
        }
    }

    /// <summary>Puts suffixes whose character at a depth is less than the pivot before those where it is equal, and these before the others; gives the range of the equal ones.</summary>
    private (int Less, int More) Part(int start, int end, int depth, int pivot)
    {
        int less = start;
        int more = end;
        for (int i = start; i < more;)
        {
            Check(i);
            int character = At(_suffixes[i] + depth);
            if (character < pivot)
            {
                (_suffixes[less], _suffixes[i]) = (_suffixes[i], _suffixes[less]);
                less++;
                i++;
            }
            else if (character > pivot)
            {
                more--;
                (_suffixes[more], _suffixes[i]) = (_suffixes[i], _suffixes[more]);
            }
            else
            {
                i++;
            }
        }

        return (less, more);
    }

    /// <summary>The median of three characters.</summary>
    private int Middle(int start, int end, int depth)
    {
        int first = At(_suffixes[start] + depth);
        int middle = At(_suffixes[start + ((end - start) / 2)] + depth);
        int last = At(_suffixes[end - 1] + depth);
        return Math.Max(Math.Min(first, middle), Math.Min(Math.Max(first, middle), last));
    }

    private void Insert(Span<int> suffixes, int depth)
    {
        for (int i = 1; i < suffixes.Length; i++)
        {
            int suffix = suffixes[i];
            int place = i;
            for (; place > 0 && Compare(suffix, suffixes[place - 1], depth) < 0; place--)
            {
                suffixes[place] = suffixes[place - 1];
            }

            suffixes[place] = suffix;
        }
    }

    private int Compare(int left, int right, int depth)
    {
        int common = depth + Common(left + depth, right + depth, _limit - depth);
        return common == _limit ? 0 : At(left + common).CompareTo(At(right + common));
    }

    /// <summary>Length of what two suffixes have in common, at most the limit. Ends of words are alike, but nothing behind them is looked at.</summary>
    private int Common(int left, int right, int limit)
    {
        int common = 0;
        while (common < limit && At(left + common) == At(right + common))
        {
            if (At(left + common) == 0)
            {
                return limit;
            }

            common++;
        }

        return common;
    }

    private int At(int index) => index < _text.Length ? _text[index] : 0;

    private string TextAt(int start, int length)
    {
        ReadOnlyMemory<int> characters = _text.AsMemory(start, length);
        int size = length;
        foreach (int character in characters.Span)
        {
            size += character > char.MaxValue ? 1 : 0;
        }

        return string.Create(size, characters, static (text, characters) =>
        {
            int written = 0;
            foreach (int character in characters.Span)
            {
                written += new System.Text.Rune(character).EncodeToUtf16(text[written..]);
            }
        });
    }
}
