namespace Attune.Nn.Rope;

/// <summary>One way of stretching rotary positions beyond the length a model was trained with.</summary>
public interface IRopeScaling
{
    /// <summary>The <c>rope_type</c> of config.json.</summary>
    string Name { get; }

    /// <summary>Frequencies for sequences of up to so many tokens.</summary>
    /// <exception cref="RopeException">A setting that this kind needs is missing or out of its range.</exception>
    RopeFrequencies Compute(RopeParameters parameters, int sequenceTokens);

    /// <summary>Up to so many tokens the frequencies do not depend on the length of the sequence.</summary>
    int FixedUpTo(RopeParameters parameters) => int.MaxValue;
}
