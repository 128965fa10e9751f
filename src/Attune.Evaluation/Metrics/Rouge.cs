using System.Text.RegularExpressions;

namespace Attune.Evaluation.Metrics;

/// <summary>Overlap of a text with a reference (Lin 2004), as rouge-score counts it without a stemmer: words are runs of ASCII letters and digits in lower case.</summary>
public static partial class Rouge
{
    /// <summary>ROUGE-N: runs of n words in common.</summary>
    public static Counts OfNgrams(string prediction, string reference, int size)
    {
        string[] said = [.. Bags.Ngrams(Words(prediction), size)];
        string[] meant = [.. Bags.Ngrams(Words(reference), size)];
        return new Counts(Bags.Common(said, meant), said.Length, meant.Length);
    }

    /// <summary>ROUGE-L: the longest common subsequence of words.</summary>
    public static Counts OfLongestSubsequence(string prediction, string reference)
    {
        string[] said = Words(prediction);
        string[] meant = Words(reference);
        var before = new int[said.Length + 1];
        var row = new int[said.Length + 1];
        foreach (string word in meant)
        {
            for (int j = 0; j < said.Length; j++)
            {
                row[j + 1] = word == said[j] ? before[j] + 1 : Math.Max(before[j + 1], row[j]);
            }

            (before, row) = (row, before);
        }

        return new Counts(before[^1], said.Length, meant.Length);
    }

    private static string[] Words(string text) => Separators().Split(text.ToLowerInvariant()).Where(word => word.Length > 0).ToArray();

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Separators();
}
