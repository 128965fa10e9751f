using Attune.Formats;
using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>The fused operations, each in the operators that runtimes know best.</summary>
internal sealed partial class RecordingBackend
{
    /// <inheritdoc/>
    public bool TrySoftmax(Tensor source, Tensor destination)
    {
        if (!IsRecorded(source))
        {
            return false;
        }

        Set(destination, _graph.Node("Softmax", [Operand(source)], new OnnxAttribute("axis", -1L)));
        return true;
    }

    /// <inheritdoc/>
    public bool TryRmsNorm(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd)
    {
        if (!IsRecorded(x))
        {
            return false;
        }

        string name = Operand(x);
        string mean = _graph.Node("ReduceMean", [_graph.Node("Mul", [name, name])], new OnnxAttribute("axes", new long[] { -1 }));
        string root = _graph.Node("Sqrt", [_graph.Node("Add", [mean, _graph.Single(epsilon)])]);
        string scale = Operand(weight);
        scale = offset == 0 ? scale : _graph.Node("Add", [scale, _graph.Single(offset)]);
        Set(y, _graph.Node("Mul", [_graph.Node("Div", [name, root]), scale]));
        return true;
    }

    /// <inheritdoc/>
    public bool TryLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics)
    {
        if (!IsRecorded(x))
        {
            return false;
        }

        long size = x.Shape[-1];
        string scale = weight is null
            ? _graph.Constant(OnnxType.Float, [size], System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Enumerable.Repeat(1f, (int)size).ToArray()))
            : Operand(weight);
        Set(y, _graph.Node(
            "LayerNormalization",
            bias is null ? [Operand(x), scale] : [Operand(x), scale, Operand(bias)],
            new OnnxAttribute("axis", -1L), new OnnxAttribute("epsilon", (float)epsilon)));
        return true;
    }

    /// <inheritdoc/>
    public bool TrySwiGlu(Tensor gate, Tensor up, Tensor y)
    {
        if (!IsRecorded(gate))
        {
            return false;
        }

        Set(y, _graph.Node("Mul", [Functions.Silu(_graph, Operand(gate)), Operand(up)]));
        return true;
    }

    /// <inheritdoc/>
    public bool TryRope(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor destination, bool accumulate)
    {
        if (!IsRecorded(x))
        {
            return false;
        }

        string name = Operand(x);
        string places = Operand(positions);
        string c = Angles(ConstantOf(cos), places);
        string s = Angles(ConstantOf(sin), places);
        long pairs = cos.Shape[1];
        long heads = x.Shape[1];
        long rest = x.Shape[2] - (2 * pairs);
        string turned = rest == 0 ? name : Part(name, 0, 2 * pairs);

        // Neighbours become halves on the way in and neighbours again on the way out.
        string halves = interleaved ? Turned(turned, heads, pairs, 2) : turned;
        string a = Part(halves, 0, pairs);
        string b = Part(halves, pairs, 2 * pairs);
        string first = _graph.Node("Sub", [_graph.Node("Mul", [a, c]), _graph.Node("Mul", [b, s])]);
        string second = _graph.Node("Add", [_graph.Node("Mul", [b, c]), _graph.Node("Mul", [a, s])]);
        string result = Joined(first, second);
        result = interleaved ? Turned(result, heads, 2, pairs) : result;
        Set(destination, rest == 0 ? result : Joined(result, Part(name, 2 * pairs, x.Shape[2])));
        return true;
    }

    /// <summary>Rows of a table of angles by position, [N, 1, R / 2].</summary>
    private string Angles(string table, string positions) => _graph.Shared(
        $"angles {table} {positions}", () => _graph.Node("Unsqueeze", [_graph.Node("Gather", [table, positions]), _graph.Integers(1)]));

    /// <summary>A range of the last of three dimensions.</summary>
    private string Part(string value, long from, long to) => _graph.Node("Slice", [value, _graph.Integers(from), _graph.Integers(to), _graph.Integers(2)]);

    private string Joined(string first, string second) => _graph.Node("Concat", [first, second], new OnnxAttribute("axis", 2L));

    /// <summary>[N, H, rows columns] with rows and columns of the last dimension exchanged.</summary>
    private string Turned(string value, long heads, long rows, long columns)
    {
        string apart = _graph.Node("Reshape", [value, _graph.Integers(-1, heads, rows, columns)]);
        return _graph.Node("Reshape", [_graph.Node("Transpose", [apart], Permutation(0, 1, 3, 2)), _graph.Integers(-1, heads, rows * columns)]);
    }

    private static OnnxAttribute Permutation(params long[] order) => new("perm", order);
}
