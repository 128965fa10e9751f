using Attune.Tensors;

namespace Attune.Nn.Attention;

/// <summary>What a layer of attention is made of.</summary>
public sealed record AttentionParts
{
    /// <summary>Index of the layer: its place in the cache.</summary>
    public required int Layer { get; init; }

    /// <summary>Query heads: H.</summary>
    public required int Heads { get; init; }

    /// <summary>Key-value heads: K, a divisor of H.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Head size: D.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Makes queries, keys and values.</summary>
    public required QkvProjection Qkv { get; init; }

    /// <summary>The layer [C, H D] behind the heads.</summary>
    public required Linear Output { get; init; }

    /// <summary>Which keys a query sees and how scores are made.</summary>
    public required AttentionOptions Options { get; init; }

    /// <summary>Position embedding of queries and keys; null for none.</summary>
    public RotaryEmbedding? Rotary { get; init; }

    /// <summary>Normalises queries before they are rotated: each head, or all heads as one row, as its size says; null for none.</summary>
    public Norm? QueryNorm { get; init; }

    /// <summary>The same for keys.</summary>
    public Norm? KeyNorm { get; init; }

    /// <summary>Queries, keys and values are clipped to [-limit, limit]; null for no limit.</summary>
    public double? Clip { get; init; }

    /// <summary>The learned logits [H] that take part in every softmax (attention sinks); null for none.</summary>
    public Parameter? Sinks { get; init; }
}

/// <summary>Self-attention with grouped key-value heads (Vaswani et al. 2017; Ainslie et al. 2023).</summary>
public sealed class SelfAttention : SubLayer, ICachingLayer
{
    private readonly AttentionParts _parts;

    /// <summary>Makes a layer with its full name.</summary>
    public SelfAttention(string name, AttentionParts parts)
        : base(name)
    {
        _parts = parts;
        foreach (Linear layer in parts.Qkv.Layers)
        {
            Add(layer);
        }

        Add(parts.Output);
        AddIfAny(parts.QueryNorm);
        AddIfAny(parts.KeyNorm);
        Own(parts.Sinks);
    }

    /// <inheritdoc/>
    public int Layer => _parts.Layer;

    /// <inheritdoc/>
    public CacheLayer Cached => new(_parts.KvHeads, _parts.HeadSize, _parts.HeadSize) { Window = _parts.Options.Window };

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass)
    {
        (Tensor q, Tensor k, Tensor v) = _parts.Qkv.Forward(x);
        if (_parts.Clip is { } limit)
        {
            (q, k, v) = (q.Clip(limit), k.Clip(limit), v.Clip(limit));
        }

        q = Heads(q, _parts.Heads, _parts.QueryNorm, pass);
        k = Heads(k, _parts.KvHeads, _parts.KeyNorm, pass);
        v = v.Reshape(-1, _parts.KvHeads, _parts.HeadSize);
        AttentionLayout layout = pass.Tokens.Layout;
        if (pass.Cache is { } cache)
        {
            (k, v) = cache.Store(_parts.Layer, k, v);
            layout = cache.LayoutOf(_parts.Layer);
        }

        Tensor y = q.Attention(k, v, layout, _parts.Options, _parts.Sinks?.Value);
        return _parts.Output.Forward(y.Reshape(-1, _parts.Heads * _parts.HeadSize), residual);
    }

    /// <summary>Splits rows into heads, normalises and rotates them.</summary>
    private Tensor Heads(Tensor x, int heads, Norm? norm, ForwardPass pass)
    {
        if (norm is not null && norm.Size != _parts.HeadSize)
        {
            x = norm.Forward(x.Reshape(-1, heads * _parts.HeadSize));
        }

        x = x.Reshape(-1, heads, _parts.HeadSize);
        if (norm is not null && norm.Size == _parts.HeadSize)
        {
            x = norm.Forward(x);
        }

        return _parts.Rotary?.Forward(x, pass.Tokens) ?? x;
    }
}
