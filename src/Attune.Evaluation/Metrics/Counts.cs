namespace Attune.Evaluation.Metrics;

/// <summary>How often something was said, meant, and both. What has no denominator is 0.</summary>
/// <param name="Correct">Said and meant.</param>
/// <param name="Predicted">Said.</param>
/// <param name="Actual">Meant: the support.</param>
public readonly record struct Counts(long Correct, long Predicted, long Actual)
{
    /// <summary>Share of what was said that was meant.</summary>
    public double Precision => Ratio(Correct, Predicted);

    /// <summary>Share of what was meant that was said.</summary>
    public double Recall => Ratio(Correct, Actual);

    /// <summary>Harmonic mean of precision and recall.</summary>
    public double F1 => Ratio(2 * Correct, Predicted + Actual);

    /// <summary>Both together.</summary>
    public static Counts operator +(Counts left, Counts right) => left.Add(right);

    /// <summary>Both together.</summary>
    public Counts Add(Counts other) => new(Correct + other.Correct, Predicted + other.Predicted, Actual + other.Actual);

    private static double Ratio(long numerator, long denominator) => denominator == 0 ? 0 : (double)numerator / denominator;
}
