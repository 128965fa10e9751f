using Attune.Tensors.Backends;

namespace Attune.Export.Onnx.Recording;

/// <summary>The functions of one variable, made of operators.</summary>
internal static class Functions
{
    public static string Of(GraphBuilder graph, MapKind kind, string x, double parameter) => kind switch
    {
        MapKind.Rsqrt => graph.Node("Reciprocal", [graph.Node("Sqrt", [x])]),
        MapKind.Square => graph.Node("Mul", [x, x]),
        MapKind.Silu => Silu(graph, x),
        MapKind.Gelu => Half(graph, x, graph.Node("Erf", [graph.Node("Mul", [x, graph.Single(Math.Sqrt(0.5))])])),
        MapKind.GeluTanh => Half(graph, x, graph.Node("Tanh", [CubicOfGelu(graph, x)])),
        MapKind.QuickGelu => graph.Node("Mul", [x, graph.Node("Sigmoid", [graph.Node("Mul", [x, graph.Single(1.702)])])]),
        MapKind.Clip => graph.Node("Clip", [x, graph.Single(-parameter), graph.Single(parameter)]),
        _ => graph.Node(kind.ToString(), [x]),
    };

    /// <summary>x sigmoid(x).</summary>
    public static string Silu(GraphBuilder graph, string x) => graph.Node("Mul", [x, graph.Node("Sigmoid", [x])]);

    /// <summary>0.5 x (1 + y).</summary>
    private static string Half(GraphBuilder graph, string x, string y) =>
        graph.Node("Mul", [graph.Node("Mul", [x, graph.Single(0.5)]), graph.Node("Add", [y, graph.Single(1)])]);

    /// <summary>sqrt(2 / pi) (x + 0.044715 x^3).</summary>
    private static string CubicOfGelu(GraphBuilder graph, string x)
    {
        string square = graph.Node("Mul", [x, x]);
        string factor = graph.Node("Add", [graph.Node("Mul", [square, graph.Single(0.044715)]), graph.Single(1)]);
        return graph.Node("Mul", [graph.Node("Mul", [x, factor]), graph.Single(Math.Sqrt(2 / Math.PI))]);
    }
}
