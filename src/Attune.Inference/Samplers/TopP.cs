namespace Attune.Inference.Samplers;

/// <summary>
/// Nucleus sampling (Holtzman et al. 2020): removes the least likely tokens whose probabilities together are at most 1 - p, so that the token that crosses p stays.
/// </summary>
public sealed class TopP(double p, int least = 1) : ILogitsProcessor
{
    private readonly Probabilities _probabilities = new();

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (p >= 1)
        {
            return;
        }

        Span<ulong> order = _probabilities.Ascending(logits);
        if (order.IsEmpty)
        {
            return;
        }

        double largest = logits[Probabilities.IdOf(order[^1])];
        double sum = 0;
        foreach (ulong key in order)
        {
            sum += Math.Exp(logits[Probabilities.IdOf(key)] - largest);
        }

        double mass = 0;
        foreach (ulong key in order[..^Math.Min(least, order.Length)])
        {
            ref float logit = ref logits[Probabilities.IdOf(key)];
            mass += Math.Exp(logit - largest) / sum;
            if (mass > 1 - p)
            {
                break;
            }

            logit = float.NegativeInfinity;
        }
    }
}
