using Attune.Tensors;

namespace Attune.Nn;

/// <summary>One sequence of a batch, as a bias is made for it.</summary>
/// <param name="Index">Which one.</param>
/// <param name="FirstQuery">Its first row of the queries.</param>
/// <param name="Queries">Its rows of the queries: Q.</param>
/// <param name="FirstKey">Its first row of the keys.</param>
/// <param name="Keys">Its rows of the keys: L.</param>
public readonly record struct AttentionSpan(int Index, int FirstQuery, int Queries, int FirstKey, int Keys);

/// <summary>
/// Attention over ragged sequences with something learned added to the scores, such as a bias per distance; made of primitives, one sequence after the other.
/// </summary>
/// <remarks>Shapes: q [N, H, D], k and v [M, H, D], bias [H, Q, L] of each sequence, result [N, H, D]. Math: y = softmax(q k^T scale + bias) v, in single precision.</remarks>
public static class BiasedAttention
{
    /// <summary>The sequences of a batch, read once from the device.</summary>
    public static AttentionSpan[] Spans(in AttentionLayout layout)
    {
        int[] queries = layout.QueryStarts.ToInt32Array();
        int[] keys = layout.KeyStarts.ToInt32Array();
        int[] lengths = layout.KeyLengths.ToInt32Array();
        var spans = new AttentionSpan[keys.Length];
        for (int s = 0; s < spans.Length; s++)
        {
            spans[s] = new AttentionSpan(s, queries[s], queries[s + 1] - queries[s], keys[s], lengths[s]);
        }

        return spans;
    }

    /// <summary>Attention of every query to the keys of its own sequence.</summary>
    /// <param name="q">[N, H, D].</param>
    /// <param name="k">[M, H, D].</param>
    /// <param name="v">[M, H, D].</param>
    /// <param name="spans">The sequences, together all rows of <paramref name="q"/> in order.</param>
    /// <param name="options">Scale and which keys are seen.</param>
    /// <param name="bias">Makes what is added to the scores of a sequence, F32, broadcasts to [H, Q, L].</param>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v, AttentionSpan[] spans, in AttentionOptions options, Func<AttentionSpan, Tensor> bias)
    {
        var parts = new List<Tensor>(spans.Length);
        foreach (AttentionSpan span in spans)
        {
            if (span.Queries > 0)
            {
                parts.Add(Sequence(q, k, v, span, options, bias(span)));
            }
        }

        return parts.Count == 0 ? q : Join(parts, 0, parts.Count);
    }

    private static Tensor Sequence(Tensor q, Tensor k, Tensor v, in AttentionSpan span, in AttentionOptions options, Tensor bias)
    {
        Tensor queries = Heads(q, span.FirstQuery, span.Queries);
        Tensor keys = Heads(k, span.FirstKey, span.Keys);
        Tensor values = Heads(v, span.FirstKey, span.Keys);
        Tensor scores = queries.MatMul(keys.Transpose()).Affine(options.Scale).Add(bias);
        Tensor weights = SeesAll(span, options) ? scores.Softmax() : scores.MaskedSoftmax(Allowed(q.Device, span, options));
        return weights.MatMul(values).Transpose(0, 1).Contiguous().Cast(q.DType);
    }

    private static Tensor Heads(Tensor x, int first, int rows) => x.Narrow(0, first, rows).Cast(DType.F32).Transpose(0, 1);

    /// <summary>Whether no key is hidden from any query: the usual case of encoders, which needs no mask.</summary>
    private static bool SeesAll(in AttentionSpan span, in AttentionOptions options) =>
        options is { Window: 0, HalfWindow: 0, Chunk: 0 } && (!options.Causal || span.Queries == 1);

    private static Tensor Allowed(Device device, in AttentionSpan span, in AttentionOptions options)
    {
        var allowed = new byte[span.Queries * span.Keys];
        for (int i = 0; i < span.Queries; i++)
        {
            (int start, int end) = options.Range(span.Keys - span.Queries + i, span.Keys);
            allowed.AsSpan((i * span.Keys) + start, end - start).Fill(1);
        }

        return device.From<byte>(allowed, [1, span.Queries, span.Keys], DType.Bool);
    }

    /// <summary>Joins pairs of pairs, so that a row is copied as often as the logarithm of their number.</summary>
    private static Tensor Join(List<Tensor> parts, int first, int count) => count == 1
        ? parts[first]
        : Join(parts, first, count / 2).Concat(Join(parts, first + (count / 2), count - (count / 2)));
}
