using Attune.Formats;

namespace Attune.Export.Onnx.Evaluation;

/// <summary>One operation with the values that it reads.</summary>
internal sealed record OperatorCall(OnnxNode Node, IReadOnlyList<OnnxArray> Inputs)
{
    public float[] Floats(int input) => ((OnnxArray<float>)Inputs[input]).Values;

    public long[] Integers(int input) => ((OnnxArray<long>)Inputs[input]).Values;

    public bool[] Booleans(int input) => ((OnnxArray<bool>)Inputs[input]).Values;

    public long[] Extents(int input) => Inputs[input].Extents;

    public long Integer(string name, long fallback) => Find(name) is long value ? value : fallback;

    public float Single(string name, float fallback) => Find(name) is float value ? value : fallback;

    public string? Text(string name) => Find(name) as string;

    public long[]? List(string name) => Find(name) as long[];

    /// <summary>A dimension of an input; negative ones count from the end.</summary>
    public int Axis(long axis, int input = 0) => (int)(axis < 0 ? axis + Extents(input).Length : axis);

    private object? Find(string name) => Node.Attributes.FirstOrDefault(attribute => attribute.Name == name)?.Value;
}
