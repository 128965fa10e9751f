namespace Attune.Inference.Samplers;

/// <summary>
/// Nucleus sampling (Holtzman et al. 2020): removes the least likely tokens whose probabilities together are at most 1 - p, so that the token that crosses p stays.
/// </summary>
public sealed class TopP(double p) : ILogitsProcessor
{
    private float[] _sorted = [];
    private int[] _order = [];

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (p >= 1)
        {
            return;
        }

        int count = Candidates(logits);
        Span<float> sorted = _sorted.AsSpan(0, count);
        Span<int> order = _order.AsSpan(0, count);
        sorted.Sort(order);
        double largest = sorted[^1];
        double sum = 0;
        foreach (float logit in sorted)
        {
            sum += Math.Exp(logit - largest);
        }

        double mass = 0;
        for (int i = 0; i < count - 1; i++)
        {
            mass += Math.Exp(sorted[i] - largest) / sum;
            if (mass > 1 - p)
            {
                break;
            }

            logits[order[i]] = float.NegativeInfinity;
        }
    }

    /// <summary>Collects the tokens that are not removed yet.</summary>
    private int Candidates(ReadOnlySpan<float> logits)
    {
        if (_sorted.Length < logits.Length)
        {
            _sorted = new float[logits.Length];
            _order = new int[logits.Length];
        }

        int count = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (!float.IsNegativeInfinity(logits[i]))
            {
                _sorted[count] = logits[i];
                _order[count++] = i;
            }
        }

        return count;
    }
}
