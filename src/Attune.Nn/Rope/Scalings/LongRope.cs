namespace Attune.Nn.Rope.Scalings;

/// <summary>
/// LongRoPE (Ding et al. 2024): each frequency has its own divisor, one list up to the original length and one beyond; cosines and sines are multiplied by
/// sqrt(1 + log(factor) / log(original length)).
/// </summary>
public sealed class LongRope : IRopeScaling
{
    /// <inheritdoc/>
    public string Name => "longrope";

    /// <inheritdoc/>
    public int FixedUpTo(RopeParameters parameters) => parameters.OriginalLength;

    /// <inheritdoc/>
    public RopeFrequencies Compute(RopeParameters parameters, int sequenceTokens)
    {
        int pairs = parameters.RotaryDimension / 2;
        if (parameters.ShortFactor.Count != pairs || parameters.LongFactor.Count != pairs)
        {
            throw new RopeException(
                $"rope_type 'longrope' needs {pairs} values in short_factor and long_factor, found {parameters.ShortFactor.Count} and {parameters.LongFactor.Count}");
        }

        int original = parameters.OriginalLength;
        IReadOnlyList<double> divisors = sequenceTokens > original ? parameters.LongFactor : parameters.ShortFactor;
        float[] wavelengths = RopeParameters.Wavelengths(parameters.Theta, parameters.RotaryDimension);
        var inverse = new float[pairs];
        for (int i = 0; i < pairs; i++)
        {
            inverse[i] = 1 / ((float)divisors[i] * wavelengths[i]);
        }

        double factor = parameters.Factor ?? (double)parameters.MaxPositionEmbeddings / original;
        double computed = factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)));
        return new RopeFrequencies(inverse, parameters.AttentionFactor ?? computed);
    }
}
