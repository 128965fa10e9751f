namespace Attune.Nn.Rope.Scalings;

/// <summary>Position interpolation (Chen et al. 2023): all frequencies divided by the factor.</summary>
public sealed class LinearRope : IRopeScaling
{
    /// <inheritdoc/>
    public string Name => "linear";

    /// <inheritdoc/>
    public RopeFrequencies Compute(RopeParameters parameters, int sequenceTokens)
    {
        var factor = (float)parameters.RequiredFactor;
        float[] inverse = DefaultRope.Inverse(parameters.Theta, parameters.RotaryDimension);
        for (int i = 0; i < inverse.Length; i++)
        {
            inverse[i] /= factor;
        }

        return new RopeFrequencies(inverse, 1);
    }
}
