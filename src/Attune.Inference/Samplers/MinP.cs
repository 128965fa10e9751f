namespace Attune.Inference.Samplers;

/// <summary>Keeps tokens whose probability is at least a share of the largest one (Nguyen et al. 2024).</summary>
public sealed class MinP(double share) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (share <= 0)
        {
            return;
        }

        float largest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        // p >= share * largest p, in logarithms.
        double floor = largest + Math.Log(share);
        foreach (ref float logit in logits)
        {
            if (logit < floor && logit != largest)
            {
                logit = float.NegativeInfinity;
            }
        }
    }
}
