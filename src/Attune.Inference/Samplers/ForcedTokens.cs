namespace Attune.Inference.Samplers;

/// <summary>Leaves only some tokens, all equally likely, when a text has reached a length: the first one of a language, the last one before the end.</summary>
public sealed class ForcedTokens(IReadOnlyList<int> ids, int length) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        int vocabulary = logits.Length;
        if (tokens.Length != length || !ids.Any(id => (uint)id < (uint)vocabulary))
        {
            return;
        }

        logits.Fill(float.NegativeInfinity);
        foreach (int id in ids)
        {
            if ((uint)id < (uint)vocabulary)
            {
                logits[id] = 0;
            }
        }
    }
}
