using System.Globalization;
using Attune.Export.Onnx.Evaluation;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>A cache that is empty before a model reads the beginnings of texts, all of one length, and then holds what the layers stored: a past to give to a graph.</summary>
/// <param name="layout">Where the texts lie.</param>
/// <param name="rows">Number of texts: B.</param>
/// <param name="kind">What stands between the number of a layer and <c>key</c> or <c>value</c>.</param>
internal sealed class KeptKeys(AttentionLayout layout, int rows, string kind = "") : IKvCache
{
    /// <summary>Keys and values [B, K, L, D] under the names of a graph's inputs.</summary>
    public Dictionary<string, OnnxArray> Past { get; } = [];

    /// <summary>Keys or values [B, K, L, D] of [M, K, D].</summary>
    public static OnnxArray Heads(OnnxArray padded, long heads, long size)
    {
        (long rows, long tokens) = (padded.Extents[0], padded.Extents[1]);
        long[] extents = [rows, heads, tokens, size];
        return padded.Pick(extents, Places.Of(extents, [tokens * heads * size, size, heads * size, 1]));
    }

    /// <inheritdoc/>
    public (Tensor Keys, Tensor Values) Store(int layer, Tensor keys, Tensor values)
    {
        Keep(string.Create(CultureInfo.InvariantCulture, $"{layer}.{kind}key"), keys);
        Keep(string.Create(CultureInfo.InvariantCulture, $"{layer}.{kind}value"), values);
        return (keys, values);
    }

    /// <inheritdoc/>
    public AttentionLayout LayoutOf(int layer) => layout;

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Keep(int layer, Func<Tensor[]> make) => make();

    private void Keep(string name, Tensor tensor)
    {
        (long heads, long size) = (tensor.Shape[1], tensor.Shape[2]);
        Past.Add(ModelGraph.Past(name), Heads(new OnnxArray<float>([rows, tensor.Shape[0] / rows, heads * size], tensor.Contiguous().ToArray()), heads, size));
    }
}
