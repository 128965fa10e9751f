namespace Attune.Inference.Samplers;

/// <summary>Lowers the logits of tokens that are in the text already: by one number for each time, and by another once (the frequency and presence penalties of OpenAI's interface).</summary>
public sealed class OccurrencePenalty(double frequency, double presence) : ILogitsProcessor
{
    private readonly HashSet<int> _seen = [];

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        _seen.Clear();
        foreach (int token in tokens)
        {
            if ((uint)token < (uint)logits.Length)
            {
                logits[token] -= (float)(frequency + (_seen.Add(token) ? presence : 0));
            }
        }
    }
}
