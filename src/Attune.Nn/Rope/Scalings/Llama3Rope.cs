namespace Attune.Nn.Rope.Scalings;

/// <summary>
/// Scaling of Llama 3.1 (Grattafiori et al. 2024): long wavelengths are divided by the factor, short ones stay, those between are blended by how often they fit into the
/// original length.
/// </summary>
public sealed class Llama3Rope : IRopeScaling
{
    /// <inheritdoc/>
    public string Name => "llama3";

    /// <inheritdoc/>
    public RopeFrequencies Compute(RopeParameters parameters, int sequenceTokens)
    {
        double low = parameters.LowFreqFactor;
        double high = parameters.HighFreqFactor;
        if (low >= high)
        {
            throw new RopeException($"rope_type 'llama3' needs low_freq_factor below high_freq_factor, found {low} and {high}");
        }

        var factor = (float)parameters.RequiredFactor;
        double original = parameters.OriginalLength;
        float[] inverse = DefaultRope.Inverse(parameters.Theta, parameters.RotaryDimension);
        for (int i = 0; i < inverse.Length; i++)
        {
            double wavelength = 2 * Math.PI / inverse[i];
            if (wavelength > original / low)
            {
                inverse[i] /= factor;
            }
            else if (wavelength >= original / high)
            {
                double smooth = ((original / wavelength) - low) / (high - low);
                inverse[i] = (float)(((1 - smooth) * inverse[i] / factor) + (smooth * inverse[i]));
            }
        }

        return new RopeFrequencies(inverse, 1);
    }
}
