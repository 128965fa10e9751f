namespace Attune.Inference.Samplers;

/// <summary>Divides the logits: below 1 the likely tokens become likelier, above 1 less so.</summary>
public sealed class Temperature(double temperature) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        foreach (ref float logit in logits)
        {
            logit = (float)(logit / temperature);
        }
    }
}
