namespace Attune.Nn.Rope.Scalings;

/// <summary>
/// YaRN (Peng et al. 2023): dimensions that turn often stay, those that turn rarely are divided by the factor, a ramp lies between; cosines and sines are multiplied by
/// 0.1 log(factor) + 1.
/// </summary>
public sealed class YarnRope : IRopeScaling
{
    private const double SmallestRamp = 0.001;

    /// <inheritdoc/>
    public string Name => "yarn";

    /// <inheritdoc/>
    public RopeFrequencies Compute(RopeParameters parameters, int sequenceTokens)
    {
        double factor = parameters.RequiredFactor;
        int dimension = parameters.RotaryDimension;
        (double low, double high) = Ramp(parameters, dimension);
        float[] wavelengths = RopeParameters.Wavelengths(parameters.Theta, dimension);
        var inverse = new float[wavelengths.Length];
        for (int i = 0; i < inverse.Length; i++)
        {
            float stretched = (float)Math.Clamp((i - low) / (high - low), 0, 1);
            inverse[i] = (1 / ((float)factor * wavelengths[i]) * stretched) + (1 / wavelengths[i] * (1 - stretched));
        }

        return new RopeFrequencies(inverse, parameters.AttentionFactor ?? AttentionFactor(parameters, factor));
    }

    private static double AttentionFactor(RopeParameters parameters, double factor)
    {
        // A coefficient of 0 counts as none, as in the reference.
        return parameters is { Mscale: { } mscale and not 0, MscaleAllDim: { } allDimensions and not 0 }
            ? Scale(factor, mscale) / Scale(factor, allDimensions)
            : Scale(factor, 1);
    }

    private static double Scale(double factor, double coefficient) => factor <= 1 ? 1 : (0.1 * coefficient * Math.Log(factor)) + 1;

    /// <summary>The pairs between which the ramp lies: those that turn beta_fast and beta_slow times over the original length.</summary>
    private static (double Low, double High) Ramp(RopeParameters parameters, int dimension)
    {
        double Pair(double turns) =>
            dimension * Math.Log(parameters.OriginalLength / (turns * 2 * Math.PI)) / (2 * Math.Log(parameters.Theta));

        double low = Pair(parameters.BetaFast);
        double high = Pair(parameters.BetaSlow);
        if (parameters.Truncate)
        {
            low = Math.Floor(low);
            high = Math.Ceiling(high);
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, dimension - 1);
        return (low, low == high ? high + SmallestRamp : high);
    }
}
