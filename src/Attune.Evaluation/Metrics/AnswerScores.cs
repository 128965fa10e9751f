using System.Text;
using System.Text.RegularExpressions;

namespace Attune.Evaluation.Metrics;

/// <summary>How well answers fit, as SQuAD scores them (Rajpurkar et al. 2016).</summary>
/// <param name="ExactMatch">1 when the words are the same.</param>
/// <param name="F1">Overlap of the words as bags.</param>
public readonly partial record struct AnswerScores(double ExactMatch, double F1)
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>The best score against any of the right answers.</summary>
    /// <exception cref="ArgumentException">There is no right answer.</exception>
    public static AnswerScores Best(string prediction, IReadOnlyList<string> answers)
    {
        if (answers.Count == 0)
        {
            throw new ArgumentException("answers: there is no right one", nameof(answers));
        }

        string said = Normalize(prediction);
        string[] meant = [.. answers.Select(Normalize)];
        return new AnswerScores(meant.Contains(said) ? 1 : 0, meant.Max(answer => Overlap(said, answer)));
    }

    /// <summary>A text in lower case without ASCII punctuation, English articles and runs of white space, in this order.</summary>
    public static string Normalize(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (char letter in text.ToLowerInvariant())
        {
            if (!Punctuation.Contains(letter))
            {
                kept.Append(letter);
            }
        }

        return string.Join(' ', Bags.Words(Articles().Replace(kept.ToString(), " ")));
    }

    private static double Overlap(string said, string meant)
    {
        string[] saidWords = said.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] meantWords = meant.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (saidWords.Length == 0 || meantWords.Length == 0)
        {
            return saidWords.Length == meantWords.Length ? 1 : 0;
        }

        return new Counts(Bags.Common(saidWords, meantWords), saidWords.Length, meantWords.Length).F1;
    }

    [GeneratedRegex(@"\b(a|an|the)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Articles();
}
