namespace Attune.Inference.Samplers;

/// <summary>
/// Nucleus sampling (Holtzman et al. 2020): removes the least likely tokens whose probabilities together are at most 1 - p, so that the token that crosses p stays.
/// </summary>
public sealed class TopP(double p) : ILogitsProcessor
{
    private ulong[] _order = [];

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (p >= 1)
        {
            return;
        }

        Span<ulong> order = Candidates(logits);
        order.Sort();
        double largest = logits[IdOf(order[^1])];
        double sum = 0;
        foreach (ulong key in order)
        {
            sum += Math.Exp(logits[IdOf(key)] - largest);
        }

        double mass = 0;
        foreach (ulong key in order[..^1])
        {
            ref float logit = ref logits[IdOf(key)];
            mass += Math.Exp(logit - largest) / sum;
            if (mass > 1 - p)
            {
                break;
            }

            logit = float.NegativeInfinity;
        }
    }

    private static int IdOf(ulong key) => (int)~(uint)key;

    /// <summary>
    /// The tokens that are not removed yet as keys that sort by logit and, among equals, by falling id (the lowest id stays longest):
    /// the bits of a float, turned so that they order as it does, above the inverted id.
    /// </summary>
    private Span<ulong> Candidates(ReadOnlySpan<float> logits)
    {
        if (_order.Length < logits.Length)
        {
            _order = new ulong[logits.Length];
        }

        int count = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (!float.IsNegativeInfinity(logits[i]))
            {
                uint bits = BitConverter.SingleToUInt32Bits(logits[i]);
                uint ordered = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
                _order[count++] = ((ulong)ordered << 32) | ~(uint)i;
            }
        }

        return _order.AsSpan(0, count);
    }
}
