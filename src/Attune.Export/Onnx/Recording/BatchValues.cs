using Attune.Formats;

namespace Attune.Export.Onnx.Recording;

/// <summary>
/// A batch of padded sequences as a graph sees it, and what follows from it. Callers give batches [B, T]; inside, tokens lie one after the other [B T, ...] as everywhere in the engine, and only
/// attention and what makes one vector of a sequence look at both extents. Positions count the tokens that are not padding, so that either side may be padded.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="ids">Ids of the tokens [B, T]; null where only states of them are known.</param>
/// <param name="mask">1 for tokens, 0 for padding [B, T].</param>
/// <param name="positions">Place of each token in its sequence [B, T]; null where the mask says it.</param>
internal sealed class BatchValues(GraphBuilder graph, string? ids, string mask, string? positions = null)
{
    /// <summary>Ids of the tokens [B, T].</summary>
    public string Ids => ids ?? throw new InvalidOperationException("the ids of these tokens are not known");

    /// <summary>Place of each token in its sequence [B, T].</summary>
    public string Positions => positions ?? Shared("positions", () => graph.Node("Max", [graph.Node("Sub", [Counted, graph.Integer(1)]), graph.Integer(0)]));

    /// <summary>Row of the first token of each sequence [B].</summary>
    public string FirstRows => Shared("first rows", () => Rows(mask));

    /// <summary>Whether each key is a token and no padding [B, 1, T].</summary>
    public string KeyIsToken => Shared("key is token", () => graph.Unsqueeze(graph.Cast(mask, OnnxType.Bool), 1));

    private string BatchShape => Shared("batch shape", () => graph.Node("Shape", [mask]));

    /// <summary>Number of tokens up to each place [B, T].</summary>
    private string Counted => Shared("counted", () => graph.Node("CumSum", [mask, graph.Integer(1)]));

    /// <summary>Number of places B T, padding included.</summary>
    public string Count => Shared("count", () => graph.Node("Size", [mask]));

    /// <summary>1 for tokens, 0 for padding [B, T, 1].</summary>
    public string MaskColumn => Shared("mask as column", () => graph.Cast(graph.Unsqueeze(mask, 2), OnnxType.Float));

    /// <summary>Position of each key less that of each query [B, T, L].</summary>
    public string DistancesTo(BatchValues keys) =>
        graph.Shared($"distances {Positions} {keys.Positions}", () => graph.Node("Sub", [graph.Unsqueeze(keys.Positions, 1), graph.Unsqueeze(Positions, 2)]));

    /// <summary>The last tokens of these sequences, whose ids are given.</summary>
    public BatchValues Last(string lastIds)
    {
        string end = Time(mask);
        string start = graph.Node("Sub", [end, Time(lastIds)]);
        return new BatchValues(graph, lastIds, Behind(mask), Behind(Positions));

        string Time(string value) => graph.Node("Slice", [graph.Node("Shape", [value]), graph.Integers(1), graph.Integers(2), graph.Integers(0)]);

        string Behind(string value) => graph.Node("Slice", [value, start, end, graph.Integers(1)]);
    }

    /// <summary>[B, T, ...] of a value [B T, ...] with the extents behind.</summary>
    public string Padded(string value, params ReadOnlySpan<long> extents)
    {
        string rest = string.Join(',', extents.ToArray());
        long[] behind = extents.ToArray();
        string shape = Shared($"padded {rest}", () => behind.Length == 0 ? BatchShape : graph.Node("Concat", [BatchShape, graph.Integers(behind)], new OnnxAttribute("axis", 0L)));
        return graph.Node("Reshape", [value, shape]);
    }

    /// <summary>Row of the last token of each sequence [B] that is neither padding nor an id; the first row when all are.</summary>
    public string LastRows(int paddingId) => Shared($"last rows {paddingId}", () =>
    {
        string other = graph.Node("Not", [graph.Node("Equal", [Ids, graph.Integer(paddingId)])]);
        return Rows(graph.Node("Mul", [Counted, graph.Node("Mul", [mask, graph.Cast(other, OnnxType.Int64)])]));
    });

    /// <summary>Mean of the states [B, C] of the tokens that are not padding, of states [B T, C].</summary>
    public string Mean(string states, long size)
    {
        string sum = graph.Node("ReduceSum", [graph.Node("Mul", [Padded(states, size), MaskColumn]), graph.Integers(1)], new OnnxAttribute("keepdims", 0L));
        return graph.Node("Div", [sum, graph.Node("ReduceSum", [MaskColumn, graph.Integers(1)], new OnnxAttribute("keepdims", 0L))]);
    }

    /// <summary>For each token the rows of the tokens at some offsets, B T for none [B T count].</summary>
    public string Neighbours(int first, int count) => Shared($"neighbours {first} {count}", () =>
    {
        string offsets = graph.Constant(OnnxType.Int64, [1, count], System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>([.. Enumerable.Range(first, count).Select(offset => (long)offset)]));
        string lengths = graph.Node("Expand", [graph.Node("ReduceSum", [mask, graph.Integers(1)]), BatchShape]);
        string places = graph.Node("Add", [graph.Unsqueeze(graph.Flat(Positions), 1), offsets]);
        string isThere = graph.Node("And",
        [
            graph.Node("LessOrEqual", [graph.Integer(0), places]),
            graph.Node("Less", [places, graph.Unsqueeze(graph.Flat(lengths), 1)]),
        ]);
        string rows = graph.Node("Range", [graph.Integer(0), Count, graph.Integer(1)]);
        return graph.Flat(graph.Node("Where", [isThere, graph.Node("Add", [graph.Unsqueeze(rows, 1), offsets]), Count]));
    });

    /// <summary>Row of the largest number [B, T] of each sequence.</summary>
    private string Rows(string numbers)
    {
        string starts = Shared("row starts", () =>
        {
            string batch = graph.Node("Gather", [BatchShape, graph.Integer(0)]);
            string time = graph.Node("Gather", [BatchShape, graph.Integer(1)]);
            return graph.Node("Mul", [graph.Node("Range", [graph.Integer(0), batch, graph.Integer(1)]), time]);
        });
        string place = graph.Node("ArgMax", [graph.Cast(numbers, OnnxType.Float)], new OnnxAttribute("axis", 1L), new OnnxAttribute("keepdims", 0L));
        return graph.Node("Add", [starts, place]);
    }

    /// <summary>A value of this batch that many operations use.</summary>
    private string Shared(string key, Func<string> make) => graph.Shared($"{key} of {mask}", make);
}
