using Attune.Tensors;

namespace Attune.Nn.Attention;

/// <summary>How queries, keys and values are made of the states.</summary>
public abstract class QkvProjection
{
    /// <summary>The layers, in the order of the files.</summary>
    public abstract IEnumerable<Linear> Layers { get; }

    /// <summary>Queries [N, H D], keys and values [N, K D] for x [N, C], the last two extents possibly apart.</summary>
    public abstract (Tensor Queries, Tensor Keys, Tensor Values) Forward(Tensor x);
}

/// <summary>One layer for each of the three.</summary>
public sealed class SeparateQkv(Linear queries, Linear keys, Linear values) : QkvProjection
{
    /// <inheritdoc/>
    public override IEnumerable<Linear> Layers => [queries, keys, values];

    /// <inheritdoc/>
    public override (Tensor Queries, Tensor Keys, Tensor Values) Forward(Tensor x) => (queries.Forward(x), keys.Forward(x), values.Forward(x));
}

/// <summary>One layer whose rows are all queries, then all keys, then all values.</summary>
public sealed class BlockedQkv(Linear layer, int heads, int kvHeads, int headSize) : QkvProjection
{
    /// <inheritdoc/>
    public override IEnumerable<Linear> Layers => [layer];

    /// <inheritdoc/>
    public override (Tensor Queries, Tensor Keys, Tensor Values) Forward(Tensor x) => layer.Forward(x).Split(1, heads * headSize, kvHeads * headSize, kvHeads * headSize);
}

/// <summary>One layer whose rows are, for each key-value head, its queries, its key, its value.</summary>
public sealed class GroupedQkv(Linear layer, int heads, int kvHeads, int headSize) : QkvProjection
{
    /// <inheritdoc/>
    public override IEnumerable<Linear> Layers => [layer];

    /// <inheritdoc/>
    public override (Tensor Queries, Tensor Keys, Tensor Values) Forward(Tensor x)
    {
        int group = heads / kvHeads;
        return layer.Forward(x).Reshape(-1, kvHeads, group + 2, headSize).Split(2, group, 1, 1);
    }
}
