namespace Attune.Nn.Rope.Scalings;

/// <summary>No scaling (Su et al. 2021): frequency i is theta^(-2i / R).</summary>
public sealed class DefaultRope : IRopeScaling
{
    /// <inheritdoc/>
    public string Name => "default";

    /// <inheritdoc/>
    public RopeFrequencies Compute(RopeParameters parameters, int sequenceTokens) =>
        new(Inverse(parameters.Theta, parameters.RotaryDimension), 1);

    /// <summary>The frequencies without scaling.</summary>
    internal static float[] Inverse(double theta, int dimension)
    {
        float[] values = RopeParameters.Wavelengths(theta, dimension);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = 1 / values[i];
        }

        return values;
    }
}
