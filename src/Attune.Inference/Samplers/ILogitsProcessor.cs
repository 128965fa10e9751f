namespace Attune.Inference.Samplers;

/// <summary>Changes the logits of the next token before one is chosen. A removed token has a logit of -infinity; at least one always stays.</summary>
public interface ILogitsProcessor
{
    /// <summary>Changes the logits.</summary>
    /// <param name="logits">[V].</param>
    /// <param name="tokens">The ids of the prompt and of what was generated.</param>
    void Apply(Span<float> logits, ReadOnlySpan<int> tokens);
}
