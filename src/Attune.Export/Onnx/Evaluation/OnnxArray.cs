using System.Runtime.InteropServices;
using Attune.Formats;

namespace Attune.Export.Onnx.Evaluation;

/// <summary>A value of a graph in host memory, row-major.</summary>
public abstract class OnnxArray
{
    /// <summary>Makes a value with extents.</summary>
    protected OnnxArray(IReadOnlyList<long> extents) => Extents = [.. extents];

    /// <summary>Extents, outermost first.</summary>
    public long[] Extents { get; }

    /// <summary>Number of elements.</summary>
    public int Count => checked((int)Extents.Aggregate(1L, static (count, extent) => checked(count * extent)));

    /// <summary>Reads a constant.</summary>
    public static OnnxArray Of(OnnxTensor tensor) => tensor.Type switch
    {
        OnnxType.Float => Read<float>(tensor),
        OnnxType.Int64 => Read<long>(tensor),
        _ => new OnnxArray<bool>(tensor.Extents, [.. Read<byte>(tensor).Values.Select(value => value != 0)]),
    };

    /// <summary>The same elements under other extents.</summary>
    public abstract OnnxArray With(IReadOnlyList<long> extents);

    /// <summary>Elements at places, which may repeat.</summary>
    internal abstract OnnxArray Pick(long[] extents, int[] places);

    /// <summary>Values one behind the other as one list, in the order that places give.</summary>
    internal abstract OnnxArray Join(IReadOnlyList<OnnxArray> others, long[] extents, (int Source, int Place)[] places);

    private static OnnxArray<T> Read<T>(OnnxTensor tensor)
        where T : unmanaged
    {
        var values = new T[checked((int)tensor.Count)];
        tensor.Read(0, MemoryMarshal.AsBytes(values.AsSpan()));
        return new OnnxArray<T>(tensor.Extents, values);
    }
}

/// <summary>A value of a graph with its elements.</summary>
/// <typeparam name="T">float, long or bool.</typeparam>
public sealed class OnnxArray<T> : OnnxArray
{
    /// <summary>Makes a value.</summary>
    /// <exception cref="ArgumentException">The number of elements does not fit.</exception>
    public OnnxArray(IReadOnlyList<long> extents, T[] values)
        : base(extents)
    {
        Values = values.Length == Count ? values : throw new ArgumentException($"expected {Count} elements, found {values.Length}", nameof(values));
    }

    /// <summary>The elements.</summary>
    public T[] Values { get; }

    /// <inheritdoc/>
    public override OnnxArray With(IReadOnlyList<long> extents) => new OnnxArray<T>(extents, Values);

    internal override OnnxArray Pick(long[] extents, int[] places) => new OnnxArray<T>(extents, [.. places.Select(place => Values[place])]);

    internal override OnnxArray Join(IReadOnlyList<OnnxArray> others, long[] extents, (int Source, int Place)[] places) =>
        new OnnxArray<T>(extents, [.. places.Select(at => ((OnnxArray<T>)others[at.Source]).Values[at.Place])]);
}
