namespace Attune.Inference.Samplers;

/// <summary>Removes tokens, always or only when a text has a certain length.</summary>
public sealed class SuppressedTokens(IReadOnlyList<int> ids, int? onlyAt = null) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (onlyAt is not null && tokens.Length != onlyAt)
        {
            return;
        }

        foreach (int id in ids)
        {
            if ((uint)id < (uint)logits.Length)
            {
                logits[id] = float.NegativeInfinity;
            }
        }
    }
}
