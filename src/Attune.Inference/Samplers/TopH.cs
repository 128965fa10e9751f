namespace Attune.Inference.Samplers;

/// <summary>Keeps, from the likeliest on, the tokens whose shares of the entropy together are at most a share of it, among the 100 likeliest (Top-H decoding, Potraghloo et al. 2025).</summary>
public sealed class TopH(double share) : ILogitsProcessor
{
    private const int Considered = 100;

    private readonly Probabilities _probabilities = new();

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        Span<ulong> order = _probabilities.Ascending(logits);
        if (order.IsEmpty)
        {
            return;
        }

        Span<ulong> likeliest = order[^Math.Min(Considered, order.Length)..];
        double largest = logits[Probabilities.IdOf(order[^1])];
        double sum = 0;
        foreach (ulong key in likeliest)
        {
            sum += Math.Exp(logits[Probabilities.IdOf(key)] - largest);
        }

        double shift = largest + Math.Log(sum);
        double entropy = 0;
        foreach (ulong key in likeliest)
        {
            entropy += Surprise(logits[Probabilities.IdOf(key)] - shift);
        }

        double taken = Surprise(largest - shift);
        int kept = 1;
        while (kept < likeliest.Length && (taken += Surprise(logits[Probabilities.IdOf(likeliest[^(kept + 1)])] - shift)) <= share * entropy)
        {
            kept++;
        }

        foreach (ulong key in order[..^kept])
        {
            logits[Probabilities.IdOf(key)] = float.NegativeInfinity;
        }
    }

    private static double Surprise(double logProbability) => -Math.Exp(logProbability) * logProbability;
}
