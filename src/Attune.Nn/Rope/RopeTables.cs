using Attune.Tensors;

namespace Attune.Nn.Rope;

/// <summary>Tables of cosines and sines from rotary settings.</summary>
public static class RopeTables
{
    extension(RopeParameters parameters)
    {
        /// <summary>Frequencies for sequences of up to so many tokens.</summary>
        /// <exception cref="RopeException">The kind of scaling is unknown, or a setting is missing or out of its range.</exception>
        public RopeFrequencies Frequencies(int sequenceTokens)
        {
            parameters.Check();
            return KnownRopeScalings.Find(parameters.RopeType).Compute(parameters, sequenceTokens);
        }

        /// <summary>Tables of positions 0 to <paramref name="length"/> - 1, with the frequencies of sequences of that length.</summary>
        /// <exception cref="RopeException">The kind of scaling is unknown, or a setting is missing or out of its range.</exception>
        public RotaryTables Tables(int length) => Make(parameters.Frequencies(length), length);

        /// <summary>A rotary embedding with these settings.</summary>
        /// <param name="device">Where its tables live.</param>
        /// <param name="interleaved">Whether pairs are neighbours (2i, 2i + 1) instead of halves (i, i + R / 2).</param>
        /// <exception cref="RopeException">The kind of scaling is unknown, or a setting is missing or out of its range.</exception>
        public RotaryEmbedding Embedding(Device device, bool interleaved = false)
        {
            // Bad settings are found when the model is built, not at its first batch.
            parameters.Frequencies(1);
            return new RotaryEmbedding(device, parameters.Tables, KnownRopeScalings.Find(parameters.RopeType).FixedUpTo(parameters), interleaved);
        }
    }

    /// <summary>Tables [P, R / 2] of positions 0 to P - 1.</summary>
    public static RotaryTables Make(RopeFrequencies frequencies, int length)
    {
        int pairs = frequencies.InverseFrequencies.Length;
        var cos = new float[checked(length * pairs)];
        var sin = new float[cos.Length];
        for (int position = 0; position < length; position++)
        {
            WriteRow(frequencies, position, cos.AsSpan(position * pairs, pairs), sin.AsSpan(position * pairs, pairs));
        }

        return new RotaryTables(cos, sin);
    }

    /// <summary>
    /// Cosines and sines [R / 2] of one position. Like the reference, the angle is the single-precision product of position and frequency; far positions depend on that.
    /// </summary>
    public static void WriteRow(RopeFrequencies frequencies, int position, Span<float> cos, Span<float> sin)
    {
        var scale = (float)frequencies.AttentionFactor;
        for (int i = 0; i < frequencies.InverseFrequencies.Length; i++)
        {
            (double s, double c) = Math.SinCos((float)(position * frequencies.InverseFrequencies[i]));
            cos[i] = (float)c * scale;
            sin[i] = (float)s * scale;
        }
    }
}
