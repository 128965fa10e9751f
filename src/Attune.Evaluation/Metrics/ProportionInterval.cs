namespace Attune.Evaluation.Metrics;

/// <summary>How sure a share is that was counted on a sample.</summary>
public static class ProportionInterval
{
    private const double NormalQuantile = 1.959963984540054;

    /// <summary>The 95 % interval of Wilson (1927) around a share; sound for small samples and shares near 0 and 1, too.</summary>
    /// <param name="count">How many of the sample have it.</param>
    /// <param name="sample">Size of the sample; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sample is empty, or has fewer than <paramref name="count"/>.</exception>
    public static (double Low, double High) Wilson95(int count, int sample)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sample, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, sample);
        double share = (double)count / sample;
        double square = NormalQuantile * NormalQuantile / sample;
        double middle = (share + (square / 2)) / (1 + square);
        double half = NormalQuantile * Math.Sqrt(((share * (1 - share)) + (square / 4)) / sample) / (1 + square);
        return (count == 0 ? 0 : middle - half, count == sample ? 1 : middle + half);
    }
}
