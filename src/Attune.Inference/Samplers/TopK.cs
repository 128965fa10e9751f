namespace Attune.Inference.Samplers;

/// <summary>Keeps the k most likely tokens and all that are as likely as the k-th.</summary>
public sealed class TopK(int k) : ILogitsProcessor
{
    private readonly PriorityQueue<float, float> _largest = new();

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (k <= 0 || k >= logits.Length)
        {
            return;
        }

        _largest.Clear();
        foreach (float logit in logits)
        {
            if (_largest.Count < k)
            {
                _largest.Enqueue(logit, logit);
            }
            else if (logit > _largest.Peek())
            {
                _largest.EnqueueDequeue(logit, logit);
            }
        }

        float smallest = _largest.Peek();
        foreach (ref float logit in logits)
        {
            if (logit < smallest)
            {
                logit = float.NegativeInfinity;
            }
        }
    }
}
