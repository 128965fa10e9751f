namespace Attune.Inference.Samplers;

/// <summary>Removes the ids that end a text until so many tokens were generated.</summary>
public sealed class MinNewTokens(int count, int promptTokens, IReadOnlyList<int> endIds) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (tokens.Length - promptTokens >= count)
        {
            return;
        }

        foreach (int id in endIds)
        {
            if ((uint)id < (uint)logits.Length)
            {
                logits[id] = float.NegativeInfinity;
            }
        }
    }
}
