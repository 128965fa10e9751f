namespace Attune.Inference.Samplers;

/// <summary>Makes tokens of what the encoder read likelier, each once, against what was made up.</summary>
public sealed class EncoderRepetitionPenalty(double penalty, IEnumerable<int> sourceIds) : ILogitsProcessor
{
    private readonly RepetitionPenalty _inverse = new(1 / penalty);
    private readonly int[] _ids = [.. sourceIds];

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens) => _inverse.Apply(logits, _ids);
}
