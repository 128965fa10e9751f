namespace Attune.Inference.Samplers;

/// <summary>Removes tokens that would repeat a sequence of n tokens of the text (Paulus et al. 2018).</summary>
public sealed class NoRepeatNgram(int size) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens) => Remove(logits, tokens, tokens, size);

    /// <summary>Removes the tokens that would make a sequence of <paramref name="size"/> tokens of <paramref name="source"/> of the end of a text.</summary>
    internal static void Remove(Span<float> logits, ReadOnlySpan<int> source, ReadOnlySpan<int> tokens, int size)
    {
        int before = size - 1;
        if (before < 0 || tokens.Length < before)
        {
            return;
        }

        ReadOnlySpan<int> last = tokens[^before..];
        for (int i = 0; i + before < source.Length; i++)
        {
            int next = source[i + before];
            if ((uint)next < (uint)logits.Length && source.Slice(i, before).SequenceEqual(last))
            {
                logits[next] = float.NegativeInfinity;
            }
        }
    }
}
