using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Keys and values of the tokens that a model has read, as its layers see them in a run.</summary>
public interface IKvCache
{
    /// <summary>Puts a layer's keys and values [N, K, D] of the batch behind those that are there and gives all of the layer's; <see cref="LayoutOf"/> says where they are.</summary>
    (Tensor Keys, Tensor Values) Store(int layer, Tensor keys, Tensor values);

    /// <summary>Where a layer's keys and values for the queries of the batch are.</summary>
    AttentionLayout LayoutOf(int layer);

    /// <summary>What a layer has made once for all steps of a generation; made here the first time.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="make">Makes it, in a scope of its own.</param>
    IReadOnlyList<Tensor> Keep(int layer, Func<Tensor[]> make);
}
