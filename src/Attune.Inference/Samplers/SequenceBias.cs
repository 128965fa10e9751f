namespace Attune.Inference.Samplers;

/// <summary>Adds to the logit of a sequence's last token where the tokens before it are the last of the text.</summary>
public sealed class SequenceBias : ILogitsProcessor
{
    private readonly (int[] Before, int Last, float Bias)[] _sequences;

    /// <summary>Makes a processor.</summary>
    /// <param name="biases">Sequences of at least one id, and what is added; negative infinity removes.</param>
    public SequenceBias(IEnumerable<KeyValuePair<IReadOnlyList<int>, double>> biases)
    {
        _sequences = [.. biases.Select(pair => (pair.Key.SkipLast(1).ToArray(), pair.Key[^1], (float)pair.Value))];
    }

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        foreach ((int[] before, int last, float bias) in _sequences)
        {
            // A sequence that would be the whole text with its last token is not looked at by the reference, either.
            if ((uint)last < (uint)logits.Length && (before.Length == 0 || (before.Length < tokens.Length && tokens.EndsWith(before))))
            {
                logits[last] += bias;
            }
        }
    }
}
