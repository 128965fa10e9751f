namespace Attune.Evaluation.Metrics;

/// <summary>Counting what two lists have in common.</summary>
internal static class Bags
{
    /// <summary>Number of entries that both have, each as often as it stands in both.</summary>
    public static int Common<T>(IEnumerable<T> left, IEnumerable<T> right)
        where T : notnull
    {
        Dictionary<T, int> counts = Count(left);
        int common = 0;
        foreach (T entry in right)
        {
            if (counts.TryGetValue(entry, out int rest) && rest > 0)
            {
                counts[entry] = rest - 1;
                common++;
            }
        }

        return common;
    }

    /// <summary>How often each entry stands in a list.</summary>
    public static Dictionary<T, int> Count<T>(IEnumerable<T> entries)
        where T : notnull
    {
        Dictionary<T, int> counts = [];
        foreach (T entry in entries)
        {
            counts[entry] = counts.GetValueOrDefault(entry) + 1;
        }

        return counts;
    }

    /// <summary>The words between white space, which for the reference implementations takes in the four separators of ASCII.</summary>
    public static string[] Words(string text)
    {
        Span<char> letters = text.ToCharArray();
        foreach (ref char letter in letters)
        {
            letter = letter is >= '\u001c' and <= '\u001f' ? ' ' : letter;
        }

        return new string(letters).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>All runs of so many words.</summary>
    public static IEnumerable<string> Ngrams(IReadOnlyList<string> words, int size)
    {
        for (int i = 0; i + size <= words.Count; i++)
        {
            yield return string.Join(' ', words.Skip(i).Take(size));
        }
    }
}
