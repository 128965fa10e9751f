namespace Attune.Inference.Samplers;

/// <summary>Removes the ids that end a text until prompt and answer together have so many tokens.</summary>
public sealed class MinLength(int tokensBeforeEnd, IReadOnlyList<int> endIds) : ILogitsProcessor
{
    private readonly SuppressedTokens _ends = new(endIds);

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (tokens.Length < tokensBeforeEnd)
        {
            _ends.Apply(logits, tokens);
        }
    }
}
