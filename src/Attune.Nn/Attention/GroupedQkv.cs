using Attune.Tensors;

namespace Attune.Nn.Attention;

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
