namespace Attune.Inference.Samplers;

/// <summary>Makes logarithms of probabilities of the logits.</summary>
public sealed class LogSoftmax : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        double logSum = Probabilities.LogSum(logits);
        foreach (ref float logit in logits)
        {
            logit = (float)(logit - logSum);
        }
    }
}
