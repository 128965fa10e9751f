using Attune.Data.Rows;

namespace Attune.Data.Cleaning;

/// <summary>Which texts are good enough to keep.</summary>
public sealed record QualityOptions
{
    /// <summary>The rules that rows have to keep: <c>none</c> (default), or <c>gopher</c>, made for pages of the web: 50 to 100,000 words of 3 to 10 characters in the mean, at most 0.1 number signs and 0.1 ellipses a word, at most 90 % of the lines with bullets and 30 % with an ellipsis at the end, letters in 80 % of the words, and two of the words the, be, to, of, and, that, have, with. Single rules below replace or add to them.</summary>
    public string Quality { get; init; } = "none";

    /// <summary>The columns whose text is measured. Default: all.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Fewest words. Default: 50 with gopher, else no rule; at least 0.</summary>
    public int? MinWords { get; init; }

    /// <summary>Most words. Default: 100,000 with gopher, else no rule; at least 0.</summary>
    public int? MaxWords { get; init; }

    /// <summary>Least mean length of the words in characters. Default: 3 with gopher, else no rule; at least 0.</summary>
    public double? MinMeanWordLength { get; init; }

    /// <summary>Largest mean length of the words in characters. Default: 10 with gopher, else no rule; at least 0.</summary>
    public double? MaxMeanWordLength { get; init; }

    /// <summary>Most number signs, and most ellipses, for each word. Default: 0.1 with gopher, else no rule; at least 0.</summary>
    public double? MaxSymbolRatio { get; init; }

    /// <summary>Largest share of the lines that begin with a bullet. Default: 0.9 with gopher, else no rule; 0 to 1.</summary>
    public double? MaxBulletShare { get; init; }

    /// <summary>Largest share of the lines that end with an ellipsis. Default: 0.3 with gopher, else no rule; 0 to 1.</summary>
    public double? MaxEllipsisShare { get; init; }

    /// <summary>Least share of the words that have a letter. Default: 0.8 with gopher, else no rule; 0 to 1.</summary>
    public double? MinLetterShare { get; init; }

    /// <summary>Fewest different ones of the words the, be, to, of, and, that, have, with. Default: 2 with gopher, else no rule; 0 to 8.</summary>
    public int? MinStopWords { get; init; }

    /// <summary>Largest share of the letters that are capitals. Default: no rule; 0 to 1.</summary>
    public double? MaxUpperShare { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        Check.OneOf(Quality, "quality", "none", "gopher");
        Check.Range(MinWords ?? 0, "min_words", 0, int.MaxValue);
        Check.Range(MaxWords ?? 0, "max_words", 0, int.MaxValue);
        Check.Range(MinStopWords ?? 0, "min_stop_words", 0, 8);
        Check.Number(MinMeanWordLength ?? 0, "min_mean_word_length", 0, double.MaxValue);
        Check.Number(MaxMeanWordLength ?? 0, "max_mean_word_length", 0, double.MaxValue);
        Check.Number(MaxSymbolRatio ?? 0, "max_symbol_ratio", 0, double.MaxValue);
        Check.Number(MaxBulletShare ?? 0, "max_bullet_share", 0, 1);
        Check.Number(MaxEllipsisShare ?? 0, "max_ellipsis_share", 0, 1);
        Check.Number(MinLetterShare ?? 0, "min_letter_share", 0, 1);
        Check.Number(MaxUpperShare ?? 0, "max_upper_share", 0, 1);
    }

    /// <summary>The rules, or null when there is none.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    internal QualityRules? CreateRules()
    {
        Validate();
        bool isGopher = Quality == "gopher";
        (string Name, double? Given, double? Gopher, bool IsLeast, Func<TextQuality, double> Measure, string What)[] known =
        [
            ("min_words", MinWords, 50, true, text => text.Words, "words"),
            ("max_words", MaxWords, 100_000, false, text => text.Words, "words"),
            ("min_mean_word_length", MinMeanWordLength, 3, true, text => text.MeanWordLength, "mean word length"),
            ("max_mean_word_length", MaxMeanWordLength, 10, false, text => text.MeanWordLength, "mean word length"),
            ("max_symbol_ratio", MaxSymbolRatio, 0.1, false, text => Math.Max(text.HashToWordRatio, text.EllipsisToWordRatio), "number signs or ellipses a word"),
            ("max_bullet_share", MaxBulletShare, 0.9, false, text => text.ShareBulletLines, "share of lines with a bullet"),
            ("max_ellipsis_share", MaxEllipsisShare, 0.3, false, text => text.ShareEllipsisLines, "share of lines with an ellipsis at the end"),
            ("min_letter_share", MinLetterShare, 0.8, true, text => text.ShareWordsWithLetter, "share of words with a letter"),
            ("min_stop_words", MinStopWords, 2, true, text => text.DifferentStopWords, "stop words"),
            ("max_upper_share", MaxUpperShare, null, false, text => text.ShareUpper, "share of capital letters"),
        ];
        QualityRule[] rules =
        [
            .. from rule in known
               let bound = rule.Given ?? (isGopher ? rule.Gopher : null)
               where bound is not null
               select new QualityRule(rule.Measure, bound.Value, rule.IsLeast, FormattableString.Invariant($"{rule.What} {(rule.IsLeast ? "below" : "above")} {rule.Name} = {bound}")),
        ];
        return rules.Length == 0 ? null : new QualityRules(rules, new RowText(Columns));
    }
}

/// <summary>A bound on one measure.</summary>
/// <param name="Measure">The measure.</param>
/// <param name="Bound">Its bound, which is allowed.</param>
/// <param name="IsLeast">Whether the bound is the least value; otherwise it is the largest.</param>
/// <param name="Reason">Why a row that breaks the rule is left out.</param>
internal sealed record QualityRule(Func<TextQuality, double> Measure, double Bound, bool IsLeast, string Reason);

/// <summary>Bounds on the measures of texts.</summary>
/// <param name="rules">The rules in the order in which they are asked.</param>
/// <param name="text">What of a row is measured.</param>
internal sealed class QualityRules(IReadOnlyList<QualityRule> rules, RowText text)
{
    /// <summary>The first rule that a row breaks, as a reason; null when it keeps all.</summary>
    public string? Broken(DataRow row) => Broken(TextQuality.Of(text.Of(row)));

    /// <summary>The first rule that a text breaks, as a reason; null when it keeps all.</summary>
    public string? Broken(TextQuality quality)
    {
        foreach (QualityRule rule in rules)
        {
            double value = rule.Measure(quality);
            if (rule.IsLeast ? value < rule.Bound : value > rule.Bound)
            {
                return rule.Reason;
            }
        }

        return null;
    }
}
