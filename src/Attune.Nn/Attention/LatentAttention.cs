using Attune.Tensors;

namespace Attune.Nn.Attention;

/// <summary>Extents of latent attention.</summary>
/// <param name="Heads">H.</param>
/// <param name="PlainSize">Dimensions of a query or key without positions.</param>
/// <param name="RotarySize">Dimensions with positions; those of keys are shared by all heads.</param>
/// <param name="ValueSize">Size of a value.</param>
/// <param name="LatentSize">Width of what keys and values are made of.</param>
public sealed record LatentSizes(int Heads, int PlainSize, int RotarySize, int ValueSize, int LatentSize)
{
    /// <summary>Size of a whole query or key.</summary>
    public int HeadSize => PlainSize + RotarySize;
}

/// <summary>Attention whose keys and values are made of a narrow latent state (DeepSeek-AI 2024, multi-head latent attention).</summary>
/// <remarks>
/// A cache holds the latent state and the rotated dimensions only, which all heads share. What makes keys of the state is brought to the side of the queries (q (W c) = (q W) c), and what makes values of it
/// behind the soft-max (sum p (W c) = W sum p c), so no key or value of an earlier token is ever made again.
/// </remarks>
public sealed class LatentAttention : SubLayer, ICachingLayer
{
    private readonly int _layer;
    private readonly LatentSizes _sizes;
    private readonly LatentQueries _queries;
    private readonly Linear _down;
    private readonly Norm _norm;
    private readonly Linear _up;
    private readonly Linear _output;
    private readonly RotaryEmbedding _rotary;
    private readonly AttentionOptions _options;

    /// <summary>Makes a layer.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="sizes">Extents.</param>
    /// <param name="queries">Makes the queries.</param>
    /// <param name="keysAndValues">Makes the latent state and the keys' dimensions with positions, normalises the former, and makes keys and values of it.</param>
    /// <param name="output">The layer behind the heads.</param>
    /// <param name="rotary">Position embedding.</param>
    /// <param name="scale">Factor of the scores.</param>
    public LatentAttention(
        string name, int layer, LatentSizes sizes, LatentQueries queries, (Linear Down, Norm Norm, Linear Up) keysAndValues, Linear output, RotaryEmbedding rotary, double scale)
        : base(name)
    {
        _layer = layer;
        _sizes = sizes;
        _queries = queries;
        AddIfAny(queries.Down);
        AddIfAny(queries.Norm);
        Add(queries.Up);
        _down = Add(keysAndValues.Down);
        _norm = Add(keysAndValues.Norm);
        _up = Add(keysAndValues.Up);
        _output = Add(output);
        _rotary = rotary;
        _options = new AttentionOptions(scale);
    }

    /// <inheritdoc/>
    public int Layer => _layer;

    /// <inheritdoc/>
    public CacheLayer Cached => new(1, _sizes.LatentSize + _sizes.RotarySize, _sizes.LatentSize);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass)
    {
        int heads = _sizes.Heads;
        long rows = x.Shape[0];
        (Tensor plainQ, Tensor turnedQ) = _queries.Forward(x).Reshape(rows, heads, _sizes.HeadSize).Split(2, _sizes.PlainSize, _sizes.RotarySize);
        (Tensor latent, Tensor shared) = _down.Forward(x).Split(1, _sizes.LatentSize, _sizes.RotarySize);
        latent = _norm.Forward(latent);
        turnedQ = _rotary.Forward(turnedQ, pass.Tokens);
        Tensor turnedK = _rotary.Forward(shared.Reshape(rows, 1, _sizes.RotarySize), pass.Tokens);
        Tensor y;
        if (pass.Cache is { } cache)
        {
            y = Cache(plainQ, turnedQ, latent.Reshape(rows, 1, _sizes.LatentSize), turnedK, cache);
        }
        else
        {
            (Tensor plainK, Tensor v) = _up.Forward(latent).Reshape(rows, heads, -1).Split(2, _sizes.PlainSize, _sizes.ValueSize);
            Tensor k = plainK.Concat(turnedK.Expand([rows, heads, _sizes.RotarySize]), 2);
            y = plainQ.Concat(turnedQ, 2).Attention(k, v, pass.Tokens.Layout, _options);
        }

        return _output.Forward(y.Reshape(rows, heads * _sizes.ValueSize), residual);
    }

    /// <summary>The heads' outputs [N, H, E] with the latent states of all tokens in a cache.</summary>
    private Tensor Cache(Tensor plainQ, Tensor turnedQ, Tensor latent, Tensor turnedK, IKvCache cache)
    {
        IReadOnlyList<Tensor> up = cache.Keep(_layer, () => Up(latent.Device, latent.DType));
        Tensor q = plainQ.Transpose(0, 1).MatMul(up[0]).Transpose(0, 1).Concat(turnedQ, 2);
        (Tensor k, Tensor v) = cache.Store(_layer, latent.Concat(turnedK, 2), latent);
        Tensor y = q.Attention(k, v, cache.LayoutOf(_layer), _options);
        return y.Transpose(0, 1).MatMul(up[1]).Transpose(0, 1).Contiguous();
    }

    /// <summary>What makes keys [H, P, L] and values [H, L, E] of a latent state, however its weight is held and adapted: what the layer says of each unit vector.</summary>
    private Tensor[] Up(Device device, DType dtype)
    {
        int size = _sizes.LatentSize;
        float[] units = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            units[(i * size) + i] = 1;
        }

        Tensor weights = _up.Forward(device.From(units, [size, size]).Cast(dtype)).Reshape(size, _sizes.Heads, -1);
        (Tensor keys, Tensor values) = weights.Split(2, _sizes.PlainSize, _sizes.ValueSize);
        return [keys.Transpose(0, 1).Transpose().Contiguous(), values.Transpose(0, 1).Contiguous()];
    }
}

/// <summary>Makes the queries of latent attention: of the states, or of a narrow normalised form of them.</summary>
/// <param name="Down">To the narrow form; null when there is none.</param>
/// <param name="Norm">Normalises it; null when there is none.</param>
/// <param name="Up">To the queries.</param>
public sealed record LatentQueries(Linear? Down, Norm? Norm, Linear Up)
{
    /// <summary>Queries [N, H D] for x [N, C].</summary>
    public Tensor Forward(Tensor x) => Up.Forward(Down is null ? x : Norm!.Forward(Down.Forward(x)));
}
