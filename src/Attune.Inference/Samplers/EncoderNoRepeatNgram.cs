namespace Attune.Inference.Samplers;

/// <summary>Removes tokens that would repeat a sequence of n tokens of what the encoder read.</summary>
public sealed class EncoderNoRepeatNgram(int size, IEnumerable<int> sourceIds) : ILogitsProcessor
{
    private readonly int[] _ids = [.. sourceIds];

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens) => NoRepeatNgram.Remove(logits, _ids, tokens, size);
}
