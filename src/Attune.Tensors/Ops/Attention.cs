using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Where the sequences of a flat batch lie: queries of sequence s are rows QueryStarts[s] to QueryStarts[s + 1], its keys KeyLengths[s] rows from KeyStarts[s] on.</summary>
/// <param name="QueryStarts">I32 [S + 1], ascending, from 0 to the number of query rows.</param>
/// <param name="KeyStarts">I32 [S].</param>
/// <param name="KeyLengths">I32 [S]. The last query of a sequence stands at its last key.</param>
public readonly record struct AttentionLayout(Tensor QueryStarts, Tensor KeyStarts, Tensor KeyLengths);

/// <summary>Which keys a query sees and how scores are made. The query at position p (counted in keys) sees a range of keys.</summary>
public readonly record struct AttentionOptions
{
    /// <summary>Makes the usual options: causal, scores scaled by 1 / sqrt(head size).</summary>
    public AttentionOptions(double scale) => Scale = scale;

    /// <summary>Factor of q k.</summary>
    public double Scale { get; init; }

    /// <summary>Only keys up to p.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Only the last so many keys up to p; 0 for all.</summary>
    public int Window { get; init; }

    /// <summary>Only keys at most this far from p on both sides; 0 for all.</summary>
    public int HalfWindow { get; init; }

    /// <summary>Only keys of p's own chunk of so many; 0 for all.</summary>
    public int Chunk { get; init; }

    /// <summary>cap tanh(score / cap) after scaling; 0 for none.</summary>
    public double Softcap { get; init; }

    /// <summary>F32 [H]: slope (j - p) is added to the score of key j (ALiBi); null for none.</summary>
    public Tensor? AlibiSlopes { get; init; }

    /// <summary>The keys that the query at position <paramref name="p"/> sees: from Start to before End, of <paramref name="keys"/>.</summary>
    public (int Start, int End) Range(int p, int keys)
    {
        int start = 0;
        int end = Causal ? Math.Min(keys, p + 1) : keys;
        if (Window > 0)
        {
            start = Math.Max(start, p - Window + 1);
        }

        if (HalfWindow > 0)
        {
            start = Math.Max(start, p - HalfWindow);
            end = Math.Min(end, p + HalfWindow + 1);
        }

        if (Chunk > 0 && p >= 0)
        {
            start = Math.Max(start, p / Chunk * Chunk);
            end = Math.Min(end, ((p / Chunk) + 1) * Chunk);
        }

        return (start, Math.Max(start, end));
    }
}

/// <summary>Scaled dot-product attention over ragged sequences with grouped key-value heads (Vaswani et al. 2017; Ainslie et al. 2023).</summary>
/// <remarks>
/// Shapes: q [N, H, D], k [M, K, D], v [M, K, E], result [N, H, E]; head h reads key-value head h / (H / K). Math, for each sequence and head:
/// y = softmax(f(q k^T scale)) v over the keys that each query sees; a query that sees none gives 0.
/// Gradient (fused): with P the soft-max, dV = P^T dY, dP = dY V^T, dS = P (dP - rowsum(dY y)), dQ = dS K scale, dK = dS^T Q scale.
/// A sink s of a head (Xiao et al. 2023) is one more logit of every softmax whose key has no value: with L the logarithm of the denominator without it and
/// L' = log(e^L + e^s), y' = y e^(L - L'); the gradients above hold with y' and L', and ds = -sum over queries of e^(s - L') rowsum(dY y').
/// Source of the fused form: FlashAttention-2 (Dao 2023).
/// </remarks>
public static class AttentionOp
{
    extension(Tensor q)
    {
        /// <summary>Attention of every query to the keys of its own sequence.</summary>
        /// <param name="k">[M, K, D].</param>
        /// <param name="v">[M, K, E].</param>
        /// <param name="layout">Where the sequences lie.</param>
        /// <param name="options">Which keys a query sees and how scores are made.</param>
        /// <param name="sinks">F32 [H]: a logit per head that takes part in every softmax and has no value; null for none.</param>
        /// <exception cref="TensorException">The shapes do not fit.</exception>
        public Tensor Attention(Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor? sinks = null)
        {
            if (!Fits(q, k, v))
            {
                throw new TensorException($"attention: expected q [N, H, D], k [M, K, D], v [M, K, E] of one type with H a multiple of K, found {q}, {k}, {v}");
            }

            CheckLayout(layout, options, sinks, q.Shape[1]);

            Device device = q.Device;
            Tensor queries = q.Contiguous();
            Tensor keys = k.Contiguous();
            Tensor values = v.Contiguous();
            Tensor y = device.Empty(q.Shape.With(2, v.Shape[2]), q.DType);
            Tensor statistics = device.Empty([q.Shape[0], q.Shape[1], 2], DType.F32);
            if (!device.Backend.TryAttention(queries, keys, values, layout, options, y, statistics))
            {
                return Compose(queries, keys, values, layout, options, sinks);
            }

            if (sinks is not null)
            {
                AddSinks(y, statistics, sinks);
            }

            if (device.Tape.Record<AttentionNode>(queries, keys, values, sinks) is { } node)
            {
                node.Keep(queries, keys, values, layout, options, y, statistics);
                node.Sinks = sinks is null ? null : node.Save(sinks);
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private static bool Fits(Tensor q, Tensor k, Tensor v) =>
        q.Shape.Rank == 3 && k.Shape.Rank == 3 && v.Shape.Rank == 3
        && q.DType == k.DType && q.DType == v.DType
        && k.Shape[0] == v.Shape[0] && k.Shape[1] == v.Shape[1] && k.Shape[2] == q.Shape[2]
        && k.Shape[1] > 0 && q.Shape[1] % k.Shape[1] == 0;

    private static void CheckLayout(in AttentionLayout layout, in AttentionOptions options, Tensor? sinks, long heads)
    {
        long sequences = layout.KeyStarts.Count;
        if (layout.QueryStarts.Count != sequences + 1 || layout.KeyLengths.Count != sequences
            || layout.QueryStarts.DType != DType.I32 || layout.KeyStarts.DType != DType.I32 || layout.KeyLengths.DType != DType.I32)
        {
            throw new TensorException(
                $"attention: expected I32 query starts [S + 1], key starts [S] and key lengths [S], found {layout.QueryStarts}, {layout.KeyStarts}, {layout.KeyLengths}");
        }

        if (options.AlibiSlopes is { } slopes && (slopes.Count != heads || slopes.DType != DType.F32))
        {
            throw new TensorException($"attention: expected F32 ALiBi slopes [{heads}], found {slopes}");
        }

        if (sinks is not null && (sinks.Shape != [heads] || sinks.DType != DType.F32))
        {
            throw new TensorException($"attention: expected F32 sinks [{heads}], found {sinks}");
        }
    }

    /// <summary>Brings the sinks into a finished result and the denominators of its rows.</summary>
    private static void AddSinks(Tensor y, Tensor statistics, Tensor sinks)
    {
        Device device = y.Device;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        Tensor inverse = statistics.Narrow(2, 1, 1);
        Tensor excess = statistics.Narrow(2, 0, 1).Sub(sinks.Reshape(sinks.Count, 1)).Sub(inverse.Log());
        Tensor share = excess.Sigmoid();
        device.Backend.Copy(y.Mul(share.Cast(y.DType)), y);
        device.Backend.Copy(inverse.Mul(share), inverse);
    }

    private static Tensor Compose(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor? sinks)
    {
        int[] queryStarts = layout.QueryStarts.ToInt32Array();
        int[] keyStarts = layout.KeyStarts.ToInt32Array();
        int[] keyLengths = layout.KeyLengths.ToInt32Array();
        if (queryStarts[0] != 0 || queryStarts[^1] != q.Shape[0])
        {
            throw new TensorException($"attention: the query starts go from {queryStarts[0]} to {queryStarts[^1]}, the queries {q.Shape} from 0 to {q.Shape[0]}");
        }

        Tensor? result = null;
        for (int s = 0; s < keyStarts.Length; s++)
        {
            Tensor part = Sequence(
                q.Narrow(0, queryStarts[s], queryStarts[s + 1] - queryStarts[s]),
                k.Narrow(0, keyStarts[s], keyLengths[s]),
                v.Narrow(0, keyStarts[s], keyLengths[s]),
                options,
                sinks);
            result = result is null ? part : result.Concat(part);
        }

        return result ?? Sequence(q, k.Narrow(0, 0, 0), v.Narrow(0, 0, 0), options, sinks);
    }

    private static Tensor Sequence(Tensor q, Tensor k, Tensor v, in AttentionOptions options, Tensor? sinks)
    {
        int queries = (int)q.Shape[0];
        int keys = (int)k.Shape[0];
        Tensor scores = q.Transpose(0, 1).Cast(DType.F32).MatMul(PerQueryHead(k, q.Shape[1]).Cast(DType.F32).Transpose()).Affine(options.Scale);
        if (options.Softcap > 0)
        {
            scores = scores.Softcap(options.Softcap);
        }

        var distance = new float[queries * keys];
        var allowed = new byte[queries * keys];
        var sees = new byte[queries];
        for (int i = 0; i < queries; i++)
        {
            int p = keys - queries + i;
            (int start, int end) = options.Range(p, keys);
            sees[i] = end > start ? (byte)1 : (byte)0;
            for (int j = 0; j < keys; j++)
            {
                distance[(i * keys) + j] = j - p;
                allowed[(i * keys) + j] = j >= start && j < end ? (byte)1 : (byte)0;
            }
        }

        Device device = q.Device;
        if (options.AlibiSlopes is { } slopes)
        {
            scores = scores.Add(slopes.Reshape(slopes.Count, 1, 1).Mul(device.From(distance, [1, queries, keys])));
        }

        Tensor mask = device.From<byte>(allowed, [1, queries, keys], DType.Bool);
        Tensor floor = device.Full([], DType.F32, float.MinValue);
        Tensor masked = mask.Where(scores, floor);
        Tensor weights = sinks is null ? masked.Softmax() : masked.SinkSoftmax(sinks);
        Tensor y = weights.MatMul(PerQueryHead(v, q.Shape[1]).Cast(DType.F32));
        y = device.From<byte>(sees, [1, queries, 1], DType.Bool).Where(y, device.Zeros([], DType.F32));
        return y.Transpose(0, 1).Contiguous().Cast(q.DType);
    }

    /// <summary>[M, K, D] to [H, M, D]: each key-value head repeated for its query heads.</summary>
    private static Tensor PerQueryHead(Tensor x, long heads)
    {
        long rows = x.Shape[0];
        long size = x.Shape[2];
        long groups = x.Shape[1];
        return x.Transpose(0, 1).Contiguous().Reshape(groups, 1, rows, size).Expand([groups, heads / groups, rows, size]).Reshape(heads, rows, size);
    }

    private sealed class AttentionNode : Node<AttentionNode>
    {
        private Tensor _q = null!;
        private Tensor _k = null!;
        private Tensor _v = null!;
        private Tensor _y = null!;
        private Tensor _statistics = null!;
        private AttentionLayout _layout;
        private AttentionOptions _options;

        public Tensor? Sinks { get; set; }

        public void Keep(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics)
        {
            _q = Save(q);
            _k = Save(k);
            _v = Save(v);
            _y = Save(y);
            _statistics = Save(statistics);
            _layout = new AttentionLayout(Save(layout.QueryStarts), Save(layout.KeyStarts), Save(layout.KeyLengths));
            _options = options.AlibiSlopes is { } slopes ? options with { AlibiSlopes = Save(slopes) } : options;
        }

        protected internal override void Backward()
        {
            // A gradient that nobody wants still needs a place to be written to: the fused pass makes all three.
            bool accumulateQ = false;
            bool accumulateK = false;
            bool accumulateV = false;
            Tensor dQ = Needs(0) ? GradientOf(0, out accumulateQ) : Device.Empty(_q.Shape, _q.DType);
            Tensor dK = Needs(1) ? GradientOf(1, out accumulateK) : Device.Empty(_k.Shape, _k.DType);
            Tensor dV = Needs(2) ? GradientOf(2, out accumulateV) : Device.Empty(_v.Shape, _v.DType);
            if (!Device.Backend.TryAttentionGradient(
                _q, _k, _v, _layout, _options, _y, _statistics, Upstream, dQ, accumulateQ, dK, accumulateK, dV, accumulateV))
            {
                throw new TensorException($"attention: the backend {Device.Backend.Tier} has a fused forward but no fused gradient for {_q}, {_k}, {_v}");
            }

            if (Needs(3))
            {
                Tensor inner = Upstream.Cast(DType.F32).Mul(_y.Cast(DType.F32)).Sum(-1);
                Tensor sinks = Sinks!;
                Tensor logit = sinks.Reshape(sinks.Count, 1).Sub(_statistics.Narrow(2, 0, 1)).Add(_statistics.Narrow(2, 1, 1).Log());
                PassGradient(3, ExpandOp.SumTo(logit.Exp().Mul(inner).Neg().Reshape(inner.Shape[0], sinks.Count), sinks.Shape));
            }
        }
    }
}
