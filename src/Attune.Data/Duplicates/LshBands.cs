namespace Attune.Data.Duplicates;

/// <summary>How sketches are cut into bands (locality-sensitive hashing, Indyk and Motwani 1998): texts are candidates when all values of one band are equal.</summary>
/// <param name="Bands">Number of bands.</param>
/// <param name="Rows">Values of a band.</param>
public readonly record struct LshBands(int Bands, int Rows)
{
    private const double Step = 0.001;

    /// <summary>The cut with the smallest sum of false positives and false negatives at a threshold, both integrated over the similarity.</summary>
    /// <param name="threshold">The Jaccard similarity from which texts should be found. Range: above 0 and below 1.</param>
    /// <param name="functions">Values of a sketch.</param>
    /// <exception cref="DataException">The threshold is out of its range.</exception>
    public static LshBands For(double threshold, int functions)
    {
        if (!(threshold > 0 && threshold < 1))
        {
            throw new DataException($"threshold must be above 0 and below 1; it is {threshold}.");
        }

        (LshBands best, double least) = (default, double.MaxValue);
        for (int bands = 1; bands <= functions; bands++)
        {
            for (int rows = 1; rows <= functions / bands; rows++)
            {
                double error = 0.5 * (Integral(0, threshold, s => Found(s, bands, rows)) + Integral(threshold, 1, s => 1 - Found(s, bands, rows)));
                if (error < least)
                {
                    (best, least) = (new LshBands(bands, rows), error);
                }
            }
        }

        return best;
    }

    /// <summary>The probability that two texts of a similarity become candidates.</summary>
    private static double Found(double similarity, int bands, int rows) => 1 - Math.Pow(1 - Math.Pow(similarity, rows), bands);

    private static double Integral(double from, double to, Func<double, double> of)
    {
        double sum = 0;
        for (double x = from; x < to; x += Step)
        {
            sum += of(x + (0.5 * Step)) * Step;
        }

        return sum;
    }
}
