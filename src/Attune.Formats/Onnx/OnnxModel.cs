namespace Attune.Formats;

/// <summary>Types of elements, under their numbers in the format.</summary>
public enum OnnxType
{
    /// <summary>Single precision.</summary>
    Float = 1,

    /// <summary>Signed 64-bit integers.</summary>
    Int64 = 7,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 9,
}

/// <summary>Reads bytes of a tensor from an offset on.</summary>
public delegate void OnnxContents(long byteOffset, Span<byte> destination);

/// <summary>A constant of a graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Extents">Outermost first; empty for a scalar.</param>
/// <param name="Read">Its elements, row-major, little-endian.</param>
public sealed record OnnxTensor(string Name, OnnxType Type, IReadOnlyList<long> Extents, OnnxContents Read)
{
    /// <summary>Number of elements.</summary>
    public long Count => Extents.Aggregate(1L, static (count, extent) => checked(count * extent));

    /// <summary>Size of the elements in bytes.</summary>
    public long ByteCount => checked(Count * Type.SizeInBytes);
}

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Extents">A number for each fixed extent, a name for each that callers choose.</param>
public sealed record OnnxValue(string Name, OnnxType Type, IReadOnlyList<string> Extents);

/// <summary>A setting of a node: a number, text, or a list of integers.</summary>
/// <param name="Name">Its name in the definition of the operator.</param>
/// <param name="Value">A <see cref="long"/>, <see cref="float"/>, <see cref="string"/> or array of <see cref="long"/>.</param>
public sealed record OnnxAttribute(string Name, object Value);

/// <summary>One operation.</summary>
/// <param name="Operator">Name of the operator in the standard domain.</param>
/// <param name="Inputs">Names of values; empty for an optional one that is not given.</param>
/// <param name="Outputs">Names of the values that it makes.</param>
/// <param name="Attributes">Its settings.</param>
public sealed record OnnxNode(string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyList<OnnxAttribute> Attributes);

/// <summary>A graph of operations with its constants (onnx.ai, "Open Neural Network Exchange Intermediate Representation").</summary>
public sealed record OnnxModel
{
    /// <summary>Version of the set of operators that is written and read.</summary>
    public const int OperatorSet = 17;

    /// <summary>What callers give.</summary>
    public required IReadOnlyList<OnnxValue> Inputs { get; init; }

    /// <summary>What callers get.</summary>
    public required IReadOnlyList<OnnxValue> Outputs { get; init; }

    /// <summary>The constants.</summary>
    public required IReadOnlyList<OnnxTensor> Tensors { get; init; }

    /// <summary>The operations, each behind those whose results it reads.</summary>
    public required IReadOnlyList<OnnxNode> Nodes { get; init; }
}

/// <summary>Sizes of element types.</summary>
public static class OnnxTypes
{
    extension(OnnxType type)
    {
        /// <summary>Bytes that one element takes.</summary>
        public int SizeInBytes => type switch
        {
            OnnxType.Float => sizeof(float),
            OnnxType.Int64 => sizeof(long),
            _ => sizeof(byte),
        };
    }
}
