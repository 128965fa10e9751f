using System.Text.RegularExpressions;

namespace Attune.Evaluation.Metrics;

/// <summary>BLEU of a whole set of texts (Papineni et al. 2002), as sacrebleu makes it: tokenizer 13a, runs of up to 4 words, exponential smoothing.</summary>
/// <param name="Score">0 to 100.</param>
/// <param name="Correct">For each length of runs how many stand in a reference.</param>
/// <param name="Total">For each length of runs how many there are.</param>
/// <param name="BrevityPenalty">What texts that are shorter than their references lose.</param>
/// <param name="Tokens">Words of all texts.</param>
/// <param name="ReferenceTokens">Words of the references nearest in length.</param>
public sealed partial record Bleu(double Score, IReadOnlyList<long> Correct, IReadOnlyList<long> Total, double BrevityPenalty, long Tokens, long ReferenceTokens)
{
    private const int Order = 4;

    /// <summary>Scores texts.</summary>
    /// <param name="predictions">The texts.</param>
    /// <param name="references">For each text one or more references.</param>
    /// <param name="lowercase">Whether case does not matter.</param>
    /// <exception cref="ArgumentException">The numbers differ, or a text has no reference.</exception>
    public static Bleu Of(IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references, bool lowercase = false)
    {
        if (predictions.Count != references.Count || references.Any(list => list.Count == 0))
        {
            throw new ArgumentException($"BLEU: expected one or more references for each of {predictions.Count} texts", nameof(references));
        }

        var correct = new long[Order];
        var total = new long[Order];
        long tokens = 0;
        long referenceTokens = 0;
        for (int i = 0; i < predictions.Count; i++)
        {
            string[] said = Words(predictions[i], lowercase);
            string[][] meant = [.. references[i].Select(text => Words(text, lowercase))];
            tokens += said.Length;
            referenceTokens += meant.Select(words => words.Length).OrderBy(length => Math.Abs(length - said.Length)).ThenBy(length => length).First();
            for (int n = 0; n < Order; n++)
            {
                total[n] += Math.Max(0, said.Length - n);
                correct[n] += Matches(said, meant, n + 1);
            }
        }

        double penalty = tokens >= referenceTokens ? 1 : tokens == 0 ? 0 : Math.Exp(1 - ((double)referenceTokens / tokens));
        return new Bleu(Combine(correct, total, penalty), correct, total, penalty, tokens, referenceTokens);
    }

    /// <summary>A text cut into words at punctuation, as the tokenizer 13a of the WMT scripts does.</summary>
    public static string Tokenize(string text)
    {
        string line = text.Replace("<skipped>", string.Empty, StringComparison.Ordinal).Replace("-\n", string.Empty, StringComparison.Ordinal).Replace('\n', ' ');
        line = line.Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        line = Symbols().Replace($" {line} ", " $1 ");
        line = MarkBehindNoDigit().Replace(line, "$1 $2 ");
        line = MarkBeforeNoDigit().Replace(line, " $1 $2");
        line = DashBehindDigit().Replace(line, "$1 $2 ");
        return string.Join(' ', Bags.Words(line));
    }

    private static string[] Words(string text, bool lowercase) =>
        Tokenize(lowercase ? text.ToLowerInvariant() : text).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs of words, each at most as often as the reference that has it most often.</summary>
    private static long Matches(string[] said, string[][] meant, int size)
    {
        Dictionary<string, int> most = [];
        foreach (string[] words in meant)
        {
            foreach ((string run, int count) in Bags.Count(Bags.Ngrams(words, size)))
            {
                most[run] = Math.Max(most.GetValueOrDefault(run), count);
            }
        }

        return Bags.Count(Bags.Ngrams(said, size)).Sum(pair => (long)Math.Min(pair.Value, most.GetValueOrDefault(pair.Key)));
    }

    private static double Combine(long[] correct, long[] total, double penalty)
    {
        if (correct.All(count => count == 0) || total.Contains(0))
        {
            return 0;
        }

        double logarithms = 0;
        double smoothing = 1;
        for (int n = 0; n < Order; n++)
        {
            smoothing *= correct[n] == 0 ? 2 : 1;
            logarithms += Math.Log(correct[n] == 0 ? 100 / (smoothing * total[n]) : 100.0 * correct[n] / total[n]);
        }

        return penalty * Math.Exp(logarithms / Order);
    }

    [GeneratedRegex(@"([\{-\~\[-\` -\&\(-\+\:-\@\/])", RegexOptions.CultureInvariant)]
    private static partial Regex Symbols();

    [GeneratedRegex(@"([^0-9])([\.,])", RegexOptions.CultureInvariant)]
    private static partial Regex MarkBehindNoDigit();

    [GeneratedRegex(@"([\.,])([^0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex MarkBeforeNoDigit();

    [GeneratedRegex(@"([0-9])(-)", RegexOptions.CultureInvariant)]
    private static partial Regex DashBehindDigit();
}
