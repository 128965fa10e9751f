namespace Attune.Nn.Positions;

/// <summary>Fixed position embeddings of sines and cosines (Vaswani et al. 2017): dimension k of position p has the angle p / 10000^(2 floor(k / 2) / C).</summary>
public static class SinusoidalPositions
{
    private const double Base = 10000;

    /// <summary>Table [P, C] with sine and cosine next to each other (the original paper, DistilBERT).</summary>
    public static float[] Interleaved(int positions, int size)
    {
        double[] wavelengths = Wavelengths(size);
        var table = new float[checked(positions * size)];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = Value(wavelengths, i / size, i % size);
        }

        return table;
    }

    /// <summary>Table [P, C] with all sines before all cosines (Marian, Pegasus).</summary>
    public static float[] Split(int positions, int size)
    {
        double[] wavelengths = Wavelengths(size);
        var table = new float[checked(positions * size)];
        for (int position = 0; position < positions; position++)
        {
            WriteSplit(wavelengths, position, table.AsSpan(position * size, size));
        }

        return table;
    }

    /// <summary>What a position is divided by for its angle [C].</summary>
    public static double[] Wavelengths(int size) => [.. Enumerable.Range(0, size).Select(k => Math.Pow(Base, 2 * (k / 2) / (double)size))];

    /// <summary>One row [C] of a table with all sines before all cosines.</summary>
    public static void WriteSplit(double[] wavelengths, int position, Span<float> row)
    {
        int sines = (row.Length + 1) / 2;
        for (int k = 0; k < row.Length; k++)
        {
            row[k % 2 == 0 ? k / 2 : sines + (k / 2)] = Value(wavelengths, position, k);
        }
    }

    private static float Value(double[] wavelengths, int position, int k) => (float)(k % 2 == 0 ? Math.Sin(position / wavelengths[k]) : Math.Cos(position / wavelengths[k]));
}
