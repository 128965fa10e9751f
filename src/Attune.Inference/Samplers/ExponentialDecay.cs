namespace Attune.Inference.Samplers;

/// <summary>Makes the end of a text likelier, the more so the longer it is beyond a length.</summary>
public sealed class ExponentialDecay(int start, double factor, IReadOnlyList<int> endIds) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (tokens.Length <= start)
        {
            return;
        }

        double growth = Math.Pow(factor, tokens.Length - start) - 1;
        foreach (int id in endIds)
        {
            if ((uint)id < (uint)logits.Length && float.IsFinite(logits[id]))
            {
                // The size of the logit grows, not the logit: a negative one would become less likely.
                logits[id] = (float)(logits[id] + (Math.Abs(logits[id]) * growth));
            }
        }
    }
}
