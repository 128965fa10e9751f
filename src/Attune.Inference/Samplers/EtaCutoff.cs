namespace Attune.Inference.Samplers;

/// <summary>Removes tokens that are less probable than a number, or than its root times e to the power of the negative entropy if that is less (eta sampling, Hewitt et al. 2022).</summary>
public sealed class EtaCutoff(double epsilon, int least = 1) : ILogitsProcessor
{
    private readonly Probabilities _probabilities = new();

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        double logSum = Probabilities.LogSum(logits);
        double eta = Math.Min(Math.Log(epsilon), (Math.Log(epsilon) / 2) - Probabilities.Entropy(logits, logSum));
        _probabilities.RemoveBelow(logits, eta + logSum, least);
    }
}
