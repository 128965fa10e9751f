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
