namespace Attune.Inference.Samplers;

/// <summary>Removes tokens that are less probable than a number (epsilon sampling, Hewitt et al. 2022).</summary>
public sealed class EpsilonCutoff(double epsilon, int least = 1) : ILogitsProcessor
{
    private readonly Probabilities _probabilities = new();

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens) => _probabilities.RemoveBelow(logits, Math.Log(epsilon) + Probabilities.LogSum(logits), least);
}
