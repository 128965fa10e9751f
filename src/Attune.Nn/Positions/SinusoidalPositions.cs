namespace Attune.Nn.Positions;

/// <summary>Fixed position embeddings of sines and cosines (Vaswani et al. 2017): dimension k of position p has the angle p / 10000^(2 floor(k / 2) / C).</summary>
public static class SinusoidalPositions
{
    private const double Base = 10000;

    /// <summary>What a position is divided by for its angle [C].</summary>
    public static double[] Wavelengths(int size) => [.. Enumerable.Range(0, size).Select(k => Math.Pow(Base, 2 * (k / 2) / (double)size))];

    /// <summary>One row [C] of a table with all sines before all cosines.</summary>
    public static void WriteSplit(double[] wavelengths, int position, Span<float> row)
    {
        int sines = (row.Length + 1) / 2;
        for (int k = 0; k < row.Length; k++)
        {
            double angle = position / wavelengths[k];
            row[k % 2 == 0 ? k / 2 : sines + (k / 2)] = (float)(k % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
        }
    }
}
