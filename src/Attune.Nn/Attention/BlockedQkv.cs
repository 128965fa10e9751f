using Attune.Tensors;

namespace Attune.Nn.Attention;

/// <summary>One layer whose rows are all queries, then all keys, then all values.</summary>
public sealed class BlockedQkv(Linear layer, int heads, int kvHeads, int headSize) : QkvProjection
{
    /// <inheritdoc/>
    public override IEnumerable<Linear> Layers => [layer];

    /// <inheritdoc/>
    public override (Tensor Queries, Tensor Keys, Tensor Values) Forward(Tensor x) => layer.Forward(x).Split(1, heads * headSize, kvHeads * headSize, kvHeads * headSize);
}
