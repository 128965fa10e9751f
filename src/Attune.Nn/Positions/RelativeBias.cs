using Attune.Tensors;

namespace Attune.Nn.Positions;

/// <summary>A learned number per head and bucket of distances, added to the scores of attention (Raffel et al. 2020).</summary>
public sealed class RelativeBias : Module
{
    private readonly Embedding _table;
    private readonly Func<int, int> _bucket;
    private readonly int _heads;

    /// <summary>Makes the layer.</summary>
    /// <param name="table">[buckets, H].</param>
    /// <param name="bucket">The bucket of a distance: position of the key minus that of the query.</param>
    public RelativeBias(Embedding table, Func<int, int> bucket)
        : base(table.Name)
    {
        _table = Add(table);
        _bucket = bucket;
        _heads = (int)table.Table.Shape[1];
    }

    /// <summary>Starts a run over a batch, in which sequences of one length share their bias.</summary>
    public Run Begin(TokenBatch batch) => new(this, batch);

    private Tensor Make(int queries, int keys)
    {
        var buckets = new int[queries + keys - 1];
        for (int r = 0; r < buckets.Length; r++)
        {
            buckets[r] = _bucket(r - (keys - 1));
        }

        Device device = _table.Table.Value!.Device;
        Tensor perDistance = _table.Forward(device.From(buckets, [buckets.Length])).Transpose().Contiguous();
        return perDistance.Reshape(_heads, 1, buckets.Length).Expand([_heads, queries, buckets.Length]).RelativeShift(keys);
    }

    /// <summary>The biases of one run.</summary>
    public sealed class Run
    {
        private readonly Dictionary<(int Queries, int Keys), Tensor> _made = [];
        private readonly RelativeBias _layer;
        private readonly RecordedBatch? _recorded;
        private readonly AttentionSpan[] _spans;

        internal Run(RelativeBias layer, TokenBatch batch)
        {
            _layer = layer;
            _recorded = batch.Recorded;
            _spans = _recorded is null ? BiasedAttention.Spans(batch.Layout) : [];
            foreach (AttentionSpan span in _spans.Where(span => span.Queries > 0))
            {
                // Made now, outside of the blocks that share them.
                if (!_made.ContainsKey((span.Queries, span.Keys)))
                {
                    _made.Add((span.Queries, span.Keys), layer.Make(span.Queries, span.Keys));
                }
            }
        }

        /// <summary>Attention of every query to the keys of its own sequence with the bias added to the scores, [N, H, D].</summary>
        /// <param name="q">[N, H, D].</param>
        /// <param name="k">[M, H, D].</param>
        /// <param name="v">[M, H, D].</param>
        /// <param name="options">Scale and which keys are seen.</param>
        public Tensor Attention(Tensor q, Tensor k, Tensor v, in AttentionOptions options) =>
            _recorded?.Attention(q, k, v, options, new DistanceTerms(_layer._bucket) { Bias = _layer._table.Table.Value })
            ?? BiasedAttention.Forward(q, k, v, _spans, options, span => _made[(span.Queries, span.Keys)]);
    }
}
