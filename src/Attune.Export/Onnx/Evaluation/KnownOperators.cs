namespace Attune.Export.Onnx.Evaluation;

/// <summary>The operators that can be computed.</summary>
internal static class KnownOperators
{
    /// <summary>One line each.</summary>
    private static readonly Dictionary<string, Func<OperatorCall, OnnxArray>> All = new()
    {
        ["Abs"] = call => Elementwise.Map(call, MathF.Abs, Math.Abs),
        ["Add"] = call => Elementwise.Zip(call, (a, b) => a + b, (a, b) => a + b),
        ["And"] = call => Elementwise.Zip<bool, bool>(call, (a, b) => a && b),
        ["ArgMax"] = Reductions.ArgMax,
        ["Cast"] = Elementwise.Cast,
        ["Clip"] = call => Elementwise.Map(call, x => Math.Min(Math.Max(x, call.Floats(1)[0]), call.Floats(2)[0])),
        ["Concat"] = Layouts.Concat,
        ["Cos"] = call => Elementwise.Map(call, MathF.Cos),
        ["CumSum"] = Reductions.CumSum,
        ["Div"] = call => Elementwise.Zip(call, (a, b) => a / b, (a, b) => a / b),
        ["Equal"] = call => Elementwise.Compare(call, (a, b) => a == b, (a, b) => a == b),
        ["Erf"] = call => Elementwise.Map(call, ErrorFunction.Of),
        ["Exp"] = call => Elementwise.Map(call, MathF.Exp),
        ["Expand"] = Layouts.Expand,
        ["Gather"] = Layouts.Gather,
        ["GatherElements"] = Layouts.GatherElements,
        ["Gemm"] = Products.Gemm,
        ["Identity"] = call => call.Inputs[0],
        ["LayerNormalization"] = Norms.LayerNormalization,
        ["Less"] = call => Elementwise.Compare(call, (a, b) => a < b, (a, b) => a < b),
        ["LessOrEqual"] = call => Elementwise.Compare(call, (a, b) => a <= b, (a, b) => a <= b),
        ["Log"] = call => Elementwise.Map(call, MathF.Log),
        ["MatMul"] = Products.MatMul,
        ["Max"] = call => Elementwise.Zip(call, Math.Max, Math.Max),
        ["Min"] = call => Elementwise.Zip(call, Math.Min, Math.Min),
        ["Mul"] = call => Elementwise.Zip(call, (a, b) => a * b, (a, b) => a * b),
        ["Neg"] = call => Elementwise.Map(call, x => -x, x => -x),
        ["NonZero"] = Layouts.NonZero,
        ["Not"] = call => new OnnxArray<bool>(call.Extents(0), [.. call.Booleans(0).Select(x => !x)]),
        ["Range"] = Layouts.Range,
        ["Reciprocal"] = call => Elementwise.Map(call, x => 1 / x),
        ["ReduceMax"] = Reductions.Max,
        ["ReduceMean"] = Reductions.Mean,
        ["ReduceSum"] = Reductions.Sum,
        ["Relu"] = call => Elementwise.Map(call, x => Math.Max(x, 0)),
        ["Reshape"] = Layouts.Reshape,
        ["ScatterND"] = Layouts.ScatterAddRows,
        ["Shape"] = call => new OnnxArray<long>([call.Extents(0).Length], [.. call.Extents(0)]),
        ["Sigmoid"] = call => Elementwise.Map(call, x => 1 / (1 + MathF.Exp(-x))),
        ["Sin"] = call => Elementwise.Map(call, MathF.Sin),
        ["Size"] = call => new OnnxArray<long>([], [call.Inputs[0].Count]),
        ["Slice"] = Layouts.Slice,
        ["Softmax"] = Norms.Softmax,
        ["Softplus"] = call => Elementwise.Map(call, x => x > 0 ? x + MathF.Log(1 + MathF.Exp(-x)) : MathF.Log(1 + MathF.Exp(x))),
        ["Sqrt"] = call => Elementwise.Map(call, MathF.Sqrt),
        ["Sub"] = call => Elementwise.Zip(call, (a, b) => a - b, (a, b) => a - b),
        ["Tanh"] = call => Elementwise.Map(call, MathF.Tanh),
        ["Transpose"] = Layouts.Transpose,
        ["Unsqueeze"] = Layouts.Unsqueeze,
        ["Where"] = Elementwise.Where,
    };

    /// <summary>The operator of a name.</summary>
    /// <exception cref="ExportException">There is none.</exception>
    public static Func<OperatorCall, OnnxArray> Find(string name) =>
        All.TryGetValue(name, out Func<OperatorCall, OnnxArray>? known) ? known : throw new ExportException($"onnx: the operator {name} is not known here; known are {string.Join(", ", All.Keys)}");
}
