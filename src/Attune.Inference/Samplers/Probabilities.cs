using System.Numerics.Tensors;

namespace Attune.Inference.Samplers;

/// <summary>What the filters of draws have in common: tokens in their order, normalisation, entropy.</summary>
internal sealed class Probabilities
{
    private ulong[] _order = [];
    private double[] _values = [];

    /// <summary>The logarithm of the sum of the exponentials: what makes logarithms of probabilities of logits.</summary>
    public static double LogSum(ReadOnlySpan<float> logits)
    {
        double largest = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return largest + Math.Log(sum);
    }

    /// <summary>The expected surprise in nats.</summary>
    /// <param name="logits">The logits.</param>
    /// <param name="logSum">Their <see cref="LogSum"/>.</param>
    public static double Entropy(ReadOnlySpan<float> logits, double logSum)
    {
        double entropy = 0;
        foreach (float logit in logits)
        {
            double logProbability = logit - logSum;
            entropy -= double.IsNegativeInfinity(logProbability) ? 0 : Math.Exp(logProbability) * logProbability;
        }

        return entropy;
    }

    /// <summary>The id of a key of <see cref="Ascending"/>.</summary>
    public static int IdOf(ulong key) => (int)~(uint)key;

    /// <summary>
    /// The tokens that are not removed yet, the least likely first, as keys that sort by logit and, among equals, by falling id (the lowest id stays longest):
    /// the bits of a float, turned so that they order as it does, above the inverted id. Valid until the next call.
    /// </summary>
    public Span<ulong> Ascending(ReadOnlySpan<float> logits)
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

        Span<ulong> order = _order.AsSpan(0, count);
        order.Sort();
        return order;
    }

    /// <summary>Room for a number per token. Valid until the next call.</summary>
    public Span<double> Values(int count)
    {
        if (_values.Length < count)
        {
            _values = new double[count];
        }

        return _values.AsSpan(0, count);
    }

    /// <summary>Removes the tokens below a logit, all but the likeliest few.</summary>
    /// <param name="logits">The logits.</param>
    /// <param name="floor">The least logit that stays.</param>
    /// <param name="least">How many tokens stay in any case, with all that are as likely as the last of them.</param>
    public void RemoveBelow(Span<float> logits, double floor, int least)
    {
        if (least == 1)
        {
            floor = Math.Min(floor, TensorPrimitives.Max<float>(logits));
        }
        else if (Ascending(logits) is { IsEmpty: false } order)
        {
            floor = Math.Min(floor, logits[IdOf(order[^Math.Min(least, order.Length)])]);
        }

        foreach (ref float logit in logits)
        {
            if (logit < floor)
            {
                logit = float.NegativeInfinity;
            }
        }
    }
}
