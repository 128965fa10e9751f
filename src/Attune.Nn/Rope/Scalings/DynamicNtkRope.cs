namespace Attune.Nn.Rope.Scalings;

/// <summary>
/// Dynamic NTK scaling (bloc97 and emozilla 2023): beyond the model's length the base grows with the sequence, theta (f n / n0 - (f - 1))^(R / (R - 2)) for n tokens.
/// </summary>
public sealed class DynamicNtkRope : IRopeScaling
{
    /// <inheritdoc/>
    public string Name => "dynamic";

    /// <inheritdoc/>
    public int FixedUpTo(RopeParameters parameters) => parameters.MaxPositionEmbeddings;

    /// <inheritdoc/>
    public RopeFrequencies Compute(RopeParameters parameters, int sequenceTokens)
    {
        double factor = parameters.RequiredFactor;
        int dimension = parameters.RotaryDimension;
        if (dimension == 2)
        {
            throw new RopeException("rope_type 'dynamic' needs more than 2 rotary dimensions");
        }

        double tokens = Math.Max(sequenceTokens, parameters.MaxPositionEmbeddings);
        double stretch = (factor * tokens / parameters.MaxPositionEmbeddings) - (factor - 1);
        return new RopeFrequencies(DefaultRope.Inverse(parameters.Theta * Math.Pow(stretch, dimension / (dimension - 2.0)), dimension), 1);
    }
}
