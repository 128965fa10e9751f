using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>Makes one vector of the states of each sequence.</summary>
internal sealed class Pooler : Module
{
    private readonly Pooling _pooling;
    private readonly Transform? _transform;
    private readonly int _paddingId;

    public Pooler(WeightBuilder weights, PoolerLayout layout, int size, int paddingId)
        : base(weights.Path)
    {
        _pooling = layout.Pooling;
        _transform = layout.Transform is null ? null : Add(new Transform(weights, layout.Transform, size, size));
        _paddingId = paddingId;
    }

    /// <summary>[S, C] for states [N, C] of S sequences, none of them empty.</summary>
    public Tensor Forward(Tensor hidden, TokenBatch batch)
    {
        Tensor pooled = _pooling switch
        {
            Pooling.Mean => Mean(hidden, batch),
            Pooling.Last => hidden.Embedding(batch.Recorded?.Last ?? LastTokens(batch)),
            _ => hidden.Embedding(batch.Recorded?.First ?? batch.Layout.QueryStarts.Narrow(0, 0, batch.Sequences)),
        };
        return _transform?.Forward(pooled) ?? pooled;
    }

    /// <summary>Sums by a product with the matrix of shares, so that the gradient is one product, too.</summary>
    private static Tensor Mean(Tensor hidden, TokenBatch batch) =>
        (batch.Recorded?.Shares ?? Shares(batch)).MatMul(hidden.Cast(DType.F32)).Cast(hidden.DType);

    private static Tensor Shares(TokenBatch batch)
    {
        int[] starts = batch.Layout.QueryStarts.ToInt32Array();
        int[] lengths = batch.Layout.KeyLengths.ToInt32Array();
        var shares = new float[lengths.Length * batch.Tokens];
        for (int s = 0; s < lengths.Length; s++)
        {
            shares.AsSpan((s * batch.Tokens) + starts[s], lengths[s]).Fill(1f / lengths[s]);
        }

        return batch.InputIds.Device.From(shares, [lengths.Length, batch.Tokens]);
    }

    /// <summary>The last token of each sequence that is not the padding id, which may also end a text; the first one when all are.</summary>
    private Tensor LastTokens(TokenBatch batch)
    {
        int[] starts = batch.Layout.QueryStarts.ToInt32Array();
        int[] ids = batch.InputIds.ToInt32Array();
        var last = new int[starts.Length - 1];
        for (int s = 0; s < last.Length; s++)
        {
            int at = starts[s + 1] - 1;
            while (at > starts[s] && ids[at] == _paddingId)
            {
                at--;
            }

            last[s] = at;
        }

        return batch.InputIds.Device.From(last, [last.Length]);
    }
}
