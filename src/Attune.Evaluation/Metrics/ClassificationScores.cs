namespace Attune.Evaluation.Metrics;

/// <summary>How well classes were told apart.</summary>
/// <remarks>Definitions are those of scikit-learn with <c>zero_division=0</c>.</remarks>
public sealed class ClassificationScores
{
    private ClassificationScores(double accuracy, IReadOnlyList<int> labels, IReadOnlyList<Counts> perClass) => (Accuracy, Labels, PerClass) = (accuracy, labels, perClass);

    /// <summary>Share of rows that are right altogether; NaN without rows.</summary>
    public double Accuracy { get; }

    /// <summary>The classes.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>Counts of each class of <see cref="Labels"/>.</summary>
    public IReadOnlyList<Counts> PerClass { get; }

    /// <summary>All classes together.</summary>
    public Counts Micro => PerClass.Aggregate(default(Counts), static (sum, counts) => sum + counts);

    /// <summary>Mean of the classes' precisions.</summary>
    public double MacroPrecision => PerClass.Average(counts => counts.Precision);

    /// <summary>Mean of the classes' recalls.</summary>
    public double MacroRecall => PerClass.Average(counts => counts.Recall);

    /// <summary>Mean of the classes' F1.</summary>
    public double MacroF1 => PerClass.Average(counts => counts.F1);

    /// <summary>Mean of the classes' F1, each as often as it was meant; 0 when nothing was meant.</summary>
    public double WeightedF1 => PerClass.Sum(counts => counts.Actual) is > 0 and var all ? PerClass.Sum(counts => counts.F1 * counts.Actual) / all : 0;

    /// <summary>Scores rows of one class each.</summary>
    /// <param name="actual">The classes that were meant.</param>
    /// <param name="predicted">The classes that were said, as many.</param>
    /// <param name="labels">The classes to score; null for all that occur, in order.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static ClassificationScores Of(ReadOnlySpan<int> actual, ReadOnlySpan<int> predicted, IReadOnlyList<int>? labels = null)
    {
        RequireEqual(actual.Length, predicted.Length);
        labels ??= [.. new SortedSet<int>([.. actual, .. predicted])];
        var place = labels.Select((label, i) => (label, i)).ToDictionary(pair => pair.label, pair => pair.i);
        var counts = new Counts[labels.Count];
        int right = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            bool isRight = actual[i] == predicted[i];
            right += isRight ? 1 : 0;
            if (place.TryGetValue(actual[i], out int meant))
            {
                counts[meant] += new Counts(isRight ? 1 : 0, 0, 1);
            }

            if (place.TryGetValue(predicted[i], out int said))
            {
                counts[said] += new Counts(0, 1, 0);
            }
        }

        return new ClassificationScores((double)right / actual.Length, labels, counts);
    }

    /// <summary>Scores rows that may have any number of classes.</summary>
    /// <param name="actual">[rows x classes]: whether the class was meant.</param>
    /// <param name="predicted">[rows x classes]: whether it was said.</param>
    /// <param name="classes">Number of classes.</param>
    /// <exception cref="ArgumentException">The lengths differ or are no whole number of rows.</exception>
    public static ClassificationScores OfMultiLabel(ReadOnlySpan<bool> actual, ReadOnlySpan<bool> predicted, int classes)
    {
        RequireEqual(actual.Length, predicted.Length);
        if (classes < 1 || actual.Length % classes != 0)
        {
            throw new ArgumentException($"classification: {actual.Length} values are no whole number of rows of {classes} classes", nameof(classes));
        }

        var counts = new Counts[classes];
        int right = 0;
        for (int start = 0; start < actual.Length; start += classes)
        {
            right += actual.Slice(start, classes).SequenceEqual(predicted.Slice(start, classes)) ? 1 : 0;
            for (int c = 0; c < classes; c++)
            {
                bool meant = actual[start + c];
                bool said = predicted[start + c];
                counts[c] += new Counts(meant && said ? 1 : 0, said ? 1 : 0, meant ? 1 : 0);
            }
        }

        return new ClassificationScores((double)right / (actual.Length / classes), [.. Enumerable.Range(0, classes)], counts);
    }

    private static void RequireEqual(int actual, int predicted)
    {
        if (actual != predicted)
        {
            throw new ArgumentException($"classification: {actual} rows were meant, {predicted} said");
        }
    }
}
