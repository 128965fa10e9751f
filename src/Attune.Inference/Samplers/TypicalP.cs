namespace Attune.Inference.Samplers;

/// <summary>Keeps the tokens whose surprise is nearest to the expected one, up to the one that crosses a probability (locally typical sampling, Meister et al. 2022).</summary>
public sealed class TypicalP(double mass, int least = 1) : ILogitsProcessor
{
    private readonly Probabilities _probabilities = new();
    private int[] _ids = [];

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        double logSum = Probabilities.LogSum(logits);
        double entropy = Probabilities.Entropy(logits, logSum);
        Span<double> distances = _probabilities.Values(logits.Length);
        if (_ids.Length < logits.Length)
        {
            _ids = new int[logits.Length];
        }

        Span<int> ids = _ids.AsSpan(0, logits.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = i;
            distances[i] = Math.Abs(logSum - logits[i] - entropy);
        }

        distances.Sort(ids);
        double taken = 0;
        int last = 0;
        while (last < ids.Length - 1 && (taken += Math.Exp(logits[ids[last]] - logSum)) < mass)
        {
            last++;
        }

        // Tokens that are as near as the last one stay, too.
        for (int i = Math.Max(last + 1, least); i < ids.Length; i++)
        {
            if (distances[i] > distances[last])
            {
                logits[ids[i]] = float.NegativeInfinity;
            }
        }
    }
}
