namespace Attune.Inference.Samplers;

/// <summary>Leaves only one token when a text has reached a length: the first one of a language, the last one before the end.</summary>
public sealed class ForcedToken(int id, int length) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (tokens.Length == length && (uint)id < (uint)logits.Length)
        {
            logits.Fill(float.NegativeInfinity);
            logits[id] = 0;
        }
    }
}
