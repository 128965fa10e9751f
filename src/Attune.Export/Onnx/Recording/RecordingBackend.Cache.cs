using System.Globalization;
using Attune.Export.Onnx.Graphs;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>Keys and values of earlier tokens as inputs of a graph, those of all tokens as its outputs: [B, K, L, D], as runtimes keep them.</summary>
internal sealed partial class RecordingBackend
{
    /// <summary>The values [B, K, L, D] of keys and values that lie flat [M, K, D].</summary>
    private readonly Dictionary<string, string> _heads = [];

    /// <summary>The cache of a batch. Without earlier tokens it only gives what the batch leaves.</summary>
    /// <param name="tokens">The batch.</param>
    /// <param name="extents">What the numbers of earlier tokens and of all tokens are called.</param>
    /// <param name="kind">What stands between the number of a layer and <c>key</c> or <c>value</c>.</param>
    public PastCache Cache(TokenBatch tokens, (string Past, string All) extents, string kind = "") => new(this, (InputBatch)tokens.Recorded!, extents, kind);

    /// <summary>A tensor [M, K, D] that stands for keys or values [B, K, L, D] of the graph.</summary>
    public Tensor FromHeads(Device device, string name, int tokens, long heads, long size)
    {
        string flat = _graph.Node("Reshape", [_graph.Node("Transpose", [name], Permutation(0, 2, 1, 3)), _graph.Integers(-1, heads, size)]);
        _heads[flat] = name;
        return Input(device, [tokens, heads, size], DType.F32, flat);
    }

    /// <summary>Makes keys or values [M, K, D] of a batch an output [B, K, L, D].</summary>
    /// <param name="tensor">Keys or values.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="name">Number of the layer and kind.</param>
    /// <param name="tokens">What the number of tokens is called.</param>
    public OnnxValue Present(Tensor tensor, BatchValues batch, string name, string tokens)
    {
        _graph.Output(ToHeads(tensor, batch), ModelGraph.Present(name));
        return ModelGraph.Heads(ModelGraph.Present(name), tensor.Shape[1], tokens, tensor.Shape[2]);
    }

    /// <summary>The value [B, K, L, D] of keys or values [M, K, D] of a batch.</summary>
    private string ToHeads(Tensor tensor, BatchValues batch) => _graph.Node("Transpose", [batch.Padded(Operand(tensor), tensor.Shape[1], tensor.Shape[2])], Permutation(0, 2, 1, 3));

    /// <summary>Notes what was asked of it as inputs and outputs of the graph.</summary>
    internal sealed class PastCache : IKvCache
    {
        private readonly RecordingBackend _recording;
        private readonly InputBatch _batch;
        private readonly (string Past, string All) _extents;
        private readonly string _kind;

        internal PastCache(RecordingBackend recording, RecordedBatch batch, (string Past, string All) extents, string kind)
        {
            (_recording, _batch, _extents, _kind) = (recording, (InputBatch)batch, extents, kind);
        }

        /// <summary>Keys and values of earlier tokens, in order of the layers.</summary>
        public List<OnnxValue> Inputs { get; } = [];

        /// <summary>Keys and values of all tokens, in order of the layers.</summary>
        public List<OnnxValue> Outputs { get; } = [];

        /// <inheritdoc/>
        public (Tensor Keys, Tensor Values) Store(int layer, Tensor keys, Tensor values) => (
            Append(string.Create(CultureInfo.InvariantCulture, $"{layer}.{_kind}key"), keys),
            Append(string.Create(CultureInfo.InvariantCulture, $"{layer}.{_kind}value"), values));

        /// <inheritdoc/>
        public AttentionLayout LayoutOf(int layer) => _batch.Layout;

        /// <inheritdoc/>
        public IReadOnlyList<Tensor> Keep(int layer, Func<Tensor[]> make) => make();

        private Tensor Append(string name, Tensor tensor)
        {
            if (_batch.Keys is not { } keys)
            {
                Outputs.Add(_recording.Present(tensor, _batch.Values, name, _extents.All));
                return tensor;
            }

            (long heads, long size) = (tensor.Shape[1], tensor.Shape[2]);
            string all = _recording._graph.Node("Concat", [ModelGraph.Past(name), _recording.ToHeads(tensor, _batch.Values)], new OnnxAttribute("axis", 2L));
            _recording._graph.Output(all, ModelGraph.Present(name));
            Inputs.Add(ModelGraph.Heads(ModelGraph.Past(name), heads, _extents.Past, size));
            Outputs.Add(ModelGraph.Heads(ModelGraph.Present(name), heads, _extents.All, size));
            return _recording.FromHeads(_batch.Device, all, keys.Tokens, heads, size);
        }
    }
}
