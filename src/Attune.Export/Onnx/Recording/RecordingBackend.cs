using System.Runtime.InteropServices;
using Attune.Formats;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Export.Onnx.Recording;

/// <summary>
/// Writes down what a model does instead of doing it. What depends on the batch becomes an operation of a graph; what does not (weights and all that is made of them alone) is
/// computed by another backend and becomes a constant. The model runs once and needs no code of its own for this.
/// </summary>
/// <remarks>What a recorded run cannot show is refused: a look at numbers on the host, and constants that were made for the sizes of the recorded batch.</remarks>
internal sealed partial class RecordingBackend(IBackend inner) : IBackend
{
    private static readonly string[] ZipNames = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Equal", "Less", "LessOrEqual"];

    private GraphBuilder _graph = new();
    private readonly Dictionary<Storage, List<RecordedValue>> _values = [];
    private readonly Dictionary<Storage, double> _uniform = [];
    private readonly Dictionary<Storage, (string Name, Tensor Values)> _weights = [];
    private int _positions;

    /// <inheritdoc/>
    public string Tier => inner.Tier;

    /// <inheritdoc/>
    public Storage Allocate(long bytes) => inner.Allocate(bytes);

    /// <inheritdoc/>
    public void Free(Storage storage)
    {
        Forget(storage);
        inner.Free(storage);
    }

    /// <inheritdoc/>
    public void Write(Storage storage, long byteOffset, ReadOnlySpan<byte> source)
    {
        Forget(storage);
        inner.Write(storage, byteOffset, source);
    }

    /// <inheritdoc/>
    public void Read(Storage storage, long byteOffset, Span<byte> destination)
    {
        if (_values.ContainsKey(storage))
        {
            throw Refused("it looks at numbers of the batch on the host while it runs (the choice of experts, biases by distance, a scan)");
        }

        inner.Read(storage, byteOffset, destination);
    }

    /// <inheritdoc/>
    public void Fill(Tensor destination, double value)
    {
        Forget(destination.Storage);
        inner.Fill(destination, value);
        _uniform[destination.Storage] = value;
    }

    /// <inheritdoc/>
    public void Copy(Tensor source, Tensor destination)
    {
        // A constant can be a part of a value that depends on the batch, but not its first one.
        bool isPart = destination.Offset > 0 && _values.ContainsKey(destination.Storage);
        if (!IsRecorded(source) && !isPart)
        {
            Constant(destination);
            inner.Copy(source, destination);
            if (_uniform.TryGetValue(source.Storage, out double value) && source.DType == destination.DType)
            {
                _uniform[destination.Storage] = value;
            }

            return;
        }

        string name = Operand(source, expand: true);
        Set(destination, source.DType == destination.DType ? name : Cast(name, destination.DType));
    }

    /// <inheritdoc/>
    public void Axpy(double alpha, Tensor source, double beta, Tensor destination)
    {
        bool reads = beta != 0;
        if (!IsRecorded(source) && !(reads && IsRecorded(destination)))
        {
            Constant(destination);
            inner.Axpy(alpha, source, beta, destination);
            return;
        }

        string scaled = Scaled(Operand(source, expand: true), alpha);
        Set(destination, reads ? _graph.Node("Add", [scaled, Scaled(Operand(destination), beta)]) : scaled);
    }

    /// <inheritdoc/>
    public void Map(MapKind kind, Tensor source, Tensor destination, double parameter)
    {
        if (!IsRecorded(source))
        {
            Constant(destination);
            inner.Map(kind, source, destination, parameter);
            return;
        }

        Set(destination, Functions.Of(_graph, kind, Operand(source), parameter));
    }

    /// <inheritdoc/>
    public void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate) => throw Refused("it asks for gradients");

    /// <inheritdoc/>
    public void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination)
    {
        if (!IsRecorded(left) && !IsRecorded(right))
        {
            Constant(destination);
            inner.Zip(kind, left, right, destination);
            return;
        }

        Set(destination, _graph.Node(ZipNames[(int)kind], [Operand(left), Operand(right)]));
    }

    /// <inheritdoc/>
    public void Select(Tensor condition, Tensor left, Tensor right, Tensor destination)
    {
        if (!IsRecorded(condition) && !IsRecorded(left) && !IsRecorded(right))
        {
            Constant(destination);
            inner.Select(condition, left, right, destination);
            return;
        }

        Set(destination, _graph.Node("Where", [Operand(condition), Operand(left), Operand(right)]));
    }

    /// <inheritdoc/>
    public void Reduce(ReduceKind kind, Tensor source, Tensor destination)
    {
        if (!IsRecorded(source))
        {
            Constant(destination);
            inner.Reduce(kind, source, destination);
            return;
        }

        long[] axes = [.. Enumerable.Range(0, source.Shape.Rank).Where(i => destination.Shape[i] == 1 && source.Shape[i] > 1).Select(i => (long)i)];
        string name = Operand(source, expand: true);
        Set(destination, axes.Length == 0 ? name : kind switch
        {
            ReduceKind.Sum => _graph.Node("ReduceSum", [name, _graph.Integers(axes)]),
            ReduceKind.SumOfSquares => _graph.Node("ReduceSum", [_graph.Node("Mul", [name, name]), _graph.Integers(axes)]),
            _ => _graph.Node("ReduceMax", [name], new OnnxAttribute("axes", axes)),
        });
    }

    /// <inheritdoc/>
    public void ArgMax(Tensor source, Tensor destination)
    {
        if (!IsRecorded(source))
        {
            Constant(destination);
            inner.ArgMax(source, destination);
            return;
        }

        Set(destination, _graph.Node("ArgMax", [Operand(source, expand: true)], new OnnxAttribute("axis", -1L), new OnnxAttribute("keepdims", 0L)));
    }

    /// <inheritdoc/>
    public void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate)
    {
        if (!IsRecorded(left) && !IsRecorded(right) && !(accumulate && IsRecorded(destination)))
        {
            Constant(destination);
            inner.MatMul(left, right, destination, alpha, accumulate);
            return;
        }

        string product = Product(left, right);
        product = Scaled(product, alpha);
        Set(destination, accumulate ? _graph.Node("Add", [Operand(destination), product]) : product);
    }

    /// <inheritdoc/>
    public void GatherRows(Tensor source, Tensor indices, Tensor destination)
    {
        if (!IsRecorded(source) && !IsRecorded(indices))
        {
            Constant(destination);
            inner.GatherRows(source, indices, destination);
            return;
        }

        Set(destination, _graph.Node("Gather", [Operand(source, expand: true), Operand(indices, expand: true)]));
    }

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor source, Tensor indices, Tensor destination)
    {
        if (!IsRecorded(source) && !IsRecorded(indices) && !IsRecorded(destination))
        {
            inner.ScatterAddRows(source, indices, destination);
            return;
        }

        string[] inputs = [Filled(destination), _graph.Unsqueeze(Operand(indices), 1), Operand(source)];
        Set(destination, _graph.Node("ScatterND", inputs, new OnnxAttribute("reduction", "add")));
    }

    /// <inheritdoc/>
    public void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate) => throw Refused("it is in training");

    /// <summary>A value with all of its extents, where it may also be one number for every token.</summary>
    private string Filled(Tensor tensor)
    {
        if (!IsRecorded(tensor) && _uniform.TryGetValue(tensor.Storage, out double value) && _batches.Find(batch => batch.Tokens == tensor.Shape[0]) is { } batch)
        {
            string count = _graph.Unsqueeze(batch.Values.Count, 0);
            string extents = _graph.Node("Concat", [count, _graph.Integers(tensor.Shape.ToArray().AsSpan(1))], new OnnxAttribute("axis", 0L));
            return _graph.Node("Expand", [_graph.Single(value), extents]);
        }

        return Operand(tensor, expand: true);
    }

    private static ExportException Refused(string why) => new($"onnx: a graph cannot hold what this model does: {why}");

    private bool IsRecorded(Tensor tensor) => _values.ContainsKey(tensor.Storage);

    private void Forget(Storage storage)
    {
        _values.Remove(storage);
        _uniform.Remove(storage);
    }

    /// <summary>Says that a place is about to hold numbers that do not depend on the batch.</summary>
    private void Constant(Tensor destination) => Forget(destination.Storage);

    private string Product(Tensor left, Tensor right)
    {
        if (_batches.Find(batch => batch.Shares.Storage == left.Storage) is { } averaged)
        {
            return averaged.Values.Mean(Operand(right), right.Shape[1]);
        }

        // A weight keeps its name and layout; the operation turns it.
        if (left.Shape.Rank == 2 && !IsRecorded(right) && _weights.TryGetValue(right.Storage, out (string Name, Tensor Values) weight)
            && right.Count == weight.Values.Count && right.Offset == weight.Values.Offset)
        {
            bool turned = !right.IsContiguous;
            if (weight.Values.Shape.Rank == 2 && weight.Values.Shape == (turned ? [right.Shape[1], right.Shape[0]] : right.Shape))
            {
                return _graph.Node("Gemm", [Operand(left), _graph.Weight(weight.Name, weight.Values)], new OnnxAttribute("transB", turned ? 1L : 0L));
            }
        }

        return _graph.Node("MatMul", [Operand(left, expand: true), Operand(right, expand: true)]);
    }

    private string Scaled(string value, double factor) => factor == 1 ? value : _graph.Node("Mul", [value, _graph.Single(factor)]);

    private string Cast(string value, DType dtype) => _graph.Cast(value, Type(dtype));

    private static OnnxType Type(DType dtype) => dtype switch
    {
        DType.F32 => OnnxType.Float,
        DType.I32 => OnnxType.Int64,
        DType.Bool => OnnxType.Bool,
        _ => throw Refused($"it computes in {dtype.SafetensorsName}"),
    };

    /// <summary>The constant in a tensor: a weight under its name, one number where all are equal, else a copy.</summary>
    private string ConstantOf(Tensor tensor)
    {
        if (_weights.TryGetValue(tensor.Storage, out (string Name, Tensor Values) weight)
            && tensor.IsContiguous && tensor.Offset == weight.Values.Offset && tensor.Shape == weight.Values.Shape)
        {
            return _graph.Weight(weight.Name, weight.Values);
        }

        if (_uniform.TryGetValue(tensor.Storage, out double value))
        {
            return tensor.DType == DType.F32 ? _graph.Single(value) : tensor.DType == DType.I32 ? _graph.Integer((long)value) : _graph.Constant(OnnxType.Bool, [], [(byte)value]);
        }

        long[] extents = tensor.Shape.ToArray();
        for (int i = 0; i < extents.Length; i++)
        {
            extents[i] = tensor.Strides[i] == 0 ? 1 : extents[i];
        }

        if (Sizes.Grows(extents))
        {
            throw Refused($"it makes numbers of the extents {tensor.Shape} on the host that depend on how long the sequences are");
        }

        Tensor plain = tensor.Device.View(tensor, new Shape(extents), tensor.Strides, tensor.Offset);
        switch (tensor.DType)
        {
            case DType.F32:
                return _graph.Constant(OnnxType.Float, extents, MemoryMarshal.AsBytes<float>(plain.ToArray()));
            case DType.I32:
                return _graph.Constant(OnnxType.Int64, extents, MemoryMarshal.AsBytes<long>([.. plain.ToInt32Array().Select(number => (long)number)]));
            case DType.Bool:
                byte[] bytes = new byte[plain.Count];
                plain.CopyTo(bytes.AsSpan());
                return _graph.Constant(OnnxType.Bool, extents, bytes);
            default:
                throw Refused($"it computes in {tensor.DType.SafetensorsName}");
        }
    }
}
