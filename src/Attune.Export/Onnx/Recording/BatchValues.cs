using Attune.Formats;

namespace Attune.Export.Onnx.Recording;

/// <summary>
/// The inputs of a graph and what follows from them. Callers give padded batches [B, T]; inside, tokens lie one after the other [B T, ...] as everywhere in the engine, and only
/// attention and what makes one vector of a sequence look at both extents. Positions count the tokens that are not padding, so that either side may be padded.
/// </summary>
internal sealed class BatchValues(GraphBuilder graph)
{
    public const string Ids = "input_ids";
    public const string Mask = "attention_mask";
    public const string Types = "token_type_ids";

    /// <summary>Place of each token in its sequence [B, T].</summary>
    public string Positions => graph.Shared("positions", () =>
    {
        string counted = graph.Node("Sub", [Counted, graph.Integer(1)]);
        return graph.Node("Max", [counted, graph.Integer(0)]);
    });

    /// <summary>Row of the first token of each sequence [B].</summary>
    public string FirstRows => graph.Shared("first rows", () => Rows(Mask));

    /// <summary>[B, T, ...] of a value [B T, ...] with the extents behind.</summary>
    public string Padded(string value, params ReadOnlySpan<long> extents)
    {
        string rest = string.Join(',', extents.ToArray());
        long[] behind = extents.ToArray();
        string shape = graph.Shared($"padded {rest}", () => behind.Length == 0 ? BatchShape : graph.Node("Concat", [BatchShape, graph.Integers(behind)], new OnnxAttribute("axis", 0L)));
        return graph.Node("Reshape", [value, shape]);
    }

    /// <summary>[B T] of an input [B, T].</summary>
    public string Flat(string value) => graph.Shared($"flat {value}", () => graph.Node("Reshape", [value, graph.Integers(-1)]));

    /// <summary>Row of the last token of each sequence [B] that is neither padding nor an id; the first row when all are.</summary>
    public string LastRows(int paddingId) => graph.Shared($"last rows {paddingId}", () =>
    {
        string other = graph.Node("Not", [graph.Node("Equal", [Ids, graph.Integer(paddingId)])]);
        return Rows(graph.Node("Mul", [Counted, graph.Node("Mul", [Mask, Cast(other, OnnxType.Int64)])]));
    });

    /// <summary>Mean of the states [B, C] of the tokens that are not padding, of states [B T, C].</summary>
    public string Mean(string states, long size)
    {
        string mask = graph.Shared("mask as column", () => Cast(Unsqueeze(Mask, 2), OnnxType.Float));
        string sum = graph.Node("ReduceSum", [graph.Node("Mul", [Padded(states, size), mask]), graph.Integers(1)], new OnnxAttribute("keepdims", 0L));
        return graph.Node("Div", [sum, graph.Node("ReduceSum", [mask, graph.Integers(1)], new OnnxAttribute("keepdims", 0L))]);
    }

    /// <summary>Key position less query position [B, T, T].</summary>
    public string Distances => graph.Shared("distances", () => graph.Node("Sub", [Unsqueeze(Positions, 1), Unsqueeze(Positions, 2)]));

    /// <summary>Whether each key is a token and no padding [B, 1, T].</summary>
    public string KeyIsToken => graph.Shared("key is token", () => Unsqueeze(Cast(Mask, OnnxType.Bool), 1));

    public string Cast(string value, OnnxType type) => graph.Node("Cast", [value], new OnnxAttribute("to", (long)type));

    public string Unsqueeze(string value, params ReadOnlySpan<long> axes) => graph.Node("Unsqueeze", [value, graph.Integers(axes)]);

    private string BatchShape => graph.Shared("batch shape", () => graph.Node("Shape", [Ids]));

    /// <summary>Number of tokens up to each place [B, T].</summary>
    private string Counted => graph.Shared("counted", () => graph.Node("CumSum", [Mask, graph.Integer(1)]));

    /// <summary>Row of the largest number [B, T] of each sequence.</summary>
    private string Rows(string numbers)
    {
        string starts = graph.Shared("row starts", () =>
        {
            string batch = graph.Node("Gather", [BatchShape, graph.Integer(0)]);
            string time = graph.Node("Gather", [BatchShape, graph.Integer(1)]);
            return graph.Node("Mul", [graph.Node("Range", [graph.Integer(0), batch, graph.Integer(1)]), time]);
        });
        string place = graph.Node("ArgMax", [Cast(numbers, OnnxType.Float)], new OnnxAttribute("axis", 1L), new OnnxAttribute("keepdims", 0L));
        return graph.Node("Add", [starts, place]);
    }
}
