namespace Attune.Nn.Rope;

/// <summary>What the angles of positions are made of.</summary>
/// <param name="InverseFrequencies">[R / 2]: radians per position of each pair of dimensions.</param>
/// <param name="AttentionFactor">Factor of cosines and sines.</param>
public sealed record RopeFrequencies(float[] InverseFrequencies, double AttentionFactor);
