using System.Runtime.InteropServices;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>Collects the operations and constants of a graph; equal small constants and equal operations on extents come once.</summary>
internal sealed class GraphBuilder
{
    private readonly List<OnnxNode> _nodes = [];
    private readonly Dictionary<string, OnnxTensor> _tensors = [];
    private readonly Dictionary<string, string> _constants = [];
    private readonly Dictionary<string, string> _shared = [];

    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    public IReadOnlyList<OnnxTensor> Tensors => [.. _tensors.Values];

    /// <summary>Adds an operation with one result and gives the result's name.</summary>
    public string Node(string name, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes)
    {
        string output = $"{name.ToLowerInvariant()}_{_nodes.Count}";
        _nodes.Add(new OnnxNode(name, inputs, [output], attributes));
        return output;
    }

    /// <summary>Gives a value the name of an output.</summary>
    public void Output(string value, string name) => _nodes.Add(new OnnxNode("Identity", [value], [name], []));

    /// <summary>A value that many operations use, made when the first one asks.</summary>
    public string Shared(string key, Func<string> make)
    {
        if (!_shared.TryGetValue(key, out string? value))
        {
            value = make();
            _shared.Add(key, value);
        }

        return value;
    }

    public string Cast(string value, OnnxType type) => Node("Cast", [value], new OnnxAttribute("to", (long)type));

    public string Unsqueeze(string value, params ReadOnlySpan<long> axes) => Node("Unsqueeze", [value, Integers(axes)]);

    /// <summary>[N] of a value of N elements.</summary>
    public string Flat(string value) => Shared($"flat {value}", () => Node("Reshape", [value, Integers(-1)]));

    public string Integers(params ReadOnlySpan<long> values) => Constant(OnnxType.Int64, [values.Length], MemoryMarshal.AsBytes(values));

    public string Integer(long value) => Constant(OnnxType.Int64, [], MemoryMarshal.AsBytes([value]));

    public string Single(double value) => Constant(OnnxType.Float, [], MemoryMarshal.AsBytes([(float)value]));

    /// <summary>A constant from its bytes.</summary>
    public string Constant(OnnxType type, IReadOnlyList<long> extents, ReadOnlySpan<byte> contents)
    {
        string key = $"{type} {string.Join(',', extents)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(contents))}";
        if (!_constants.TryGetValue(key, out string? name))
        {
            byte[] bytes = contents.ToArray();
            name = $"constant_{_constants.Count}";
            _constants.Add(key, name);
            _tensors.Add(name, new OnnxTensor(name, type, extents, (offset, destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination)));
        }

        return name;
    }

    /// <summary>A weight under its own name; its numbers are read when the graph is written.</summary>
    public string Weight(string name, Tensor values)
    {
        _tensors.TryAdd(name, new OnnxTensor(name, OnnxType.Float, values.Shape.ToArray(), (offset, destination) => values.Device.Backend.Read(values.Storage, offset, destination)));
        return name;
    }
}
