namespace Attune.Inference.Samplers;

/// <summary>Makes tokens that are in the text already less likely, each once (Keskar et al. 2019).</summary>
public sealed class RepetitionPenalty(double penalty) : ILogitsProcessor
{
    private readonly HashSet<int> _seen = [];

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        _seen.Clear();
        foreach (int token in tokens)
        {
            if ((uint)token < (uint)logits.Length && _seen.Add(token))
            {
                float logit = logits[token];
                logits[token] = (float)(logit > 0 ? logit / penalty : logit * penalty);
            }
        }
    }
}
