namespace Attune.Inference.Samplers;

/// <summary>Removes tokens that would repeat a sequence of n tokens of the text (Paulus et al. 2018).</summary>
public sealed class NoRepeatNgram(int size) : ILogitsProcessor
{
    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        int before = size - 1;
        if (before < 0 || tokens.Length < before)
        {
            return;
        }

        ReadOnlySpan<int> last = tokens[^before..];
        for (int i = 0; i + before < tokens.Length; i++)
        {
            int next = tokens[i + before];
            if ((uint)next < (uint)logits.Length && tokens.Slice(i, before).SequenceEqual(last))
            {
                logits[next] = float.NegativeInfinity;
            }
        }
    }
}
