using Attune.Tensors;

namespace Attune.Nn.Attention;

/// <summary>One layer for each of the three.</summary>
public sealed class SeparateQkv(Linear queries, Linear keys, Linear values) : QkvProjection
{
    /// <inheritdoc/>
    public override IEnumerable<Linear> Layers => [queries, keys, values];

    /// <inheritdoc/>
    public override (Tensor Queries, Tensor Keys, Tensor Values) Forward(Tensor x)
    {
        Span<Tensor> outputs = [x, x, x];
        Linear.Forward(x, [queries, keys, values], outputs);
        return (outputs[0], outputs[1], outputs[2]);
    }
}
