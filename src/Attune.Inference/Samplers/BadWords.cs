namespace Attune.Inference.Samplers;

/// <summary>Removes the last token of a sequence where the tokens before it are the last of the text. The end of a text is never a bad word.</summary>
public sealed class BadWords(IEnumerable<IReadOnlyList<int>> words, IReadOnlyList<int> endIds) : ILogitsProcessor
{
    private readonly SequenceBias _bias = new(
        words.Where(word => word.Count > 1 || !endIds.Contains(word[0])).Select(word => KeyValuePair.Create(word, double.NegativeInfinity)));

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens) => _bias.Apply(logits, tokens);
}
