namespace Attune.Nn.Positions;

/// <summary>Fixed position embeddings of sines and cosines (Vaswani et al. 2017): dimension k of position p has the angle p / 10000^(2 floor(k / 2) / C).</summary>
public static class SinusoidalPositions
{
    private const double Base = 10000;

    /// <summary>Table [P, C] with sine and cosine next to each other (the original paper, DistilBERT).</summary>
    public static float[] Interleaved(int positions, int size) => Make(positions, size, split: false);

    /// <summary>Table [P, C] with all sines before all cosines (Marian, Pegasus).</summary>
    public static float[] Split(int positions, int size) => Make(positions, size, split: true);

    private static float[] Make(int positions, int size, bool split)
    {
        var table = new float[checked(positions * size)];
        int sines = (size + 1) / 2;
        for (int p = 0; p < positions; p++)
        {
            for (int k = 0; k < size; k++)
            {
                double angle = p / Math.Pow(Base, 2 * (k / 2) / (double)size);
                int column = !split ? k : k % 2 == 0 ? k / 2 : sines + (k / 2);
                table[(p * size) + column] = (float)(k % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }

        return table;
    }
}
