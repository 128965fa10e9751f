using Attune.Formats;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>Attention over padded batches. Scores are [B, K, H / K, T, L]: key-value heads, the query heads of each, queries, keys.</summary>
internal sealed partial class RecordingBackend
{
    /// <inheritdoc/>
    public bool TryAttention(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics)
    {
        string masked = Attend(q, k, v, layout, options, terms: null, y);

        // Read only where sinks take part in the softmax.
        string largest = _graph.Node("ReduceMax", [masked], new OnnxAttribute("axes", new long[] { -1 }));
        string sum = _graph.Node("ReduceSum", [_graph.Node("Exp", [_graph.Node("Sub", [masked, largest])]), _graph.Integers(-1)]);
        string both = _graph.Node("Concat", [largest, _graph.Node("Reciprocal", [sum])], new OnnxAttribute("axis", -1L));
        Set(statistics, _graph.Node("Reshape", [_graph.Node("Transpose", [both], Permutation(0, 3, 1, 2, 4)), _graph.Integers(-1, q.Shape[1], 2)]));
        return true;
    }

    /// <summary>Notes the result of attention and gives the scores with those of hidden keys taken out.</summary>
    private string Attend(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, DistanceTerms? terms, Tensor y)
    {
        (BatchValues asking, BatchValues asked) = (Queries(layout), Keys(layout));
        long groups = k.Shape[1];
        long heads = q.Shape[1] / groups;
        string queries = _graph.Node("Transpose", [asking.Padded(Operand(q), groups, heads, q.Shape[2])], Permutation(0, 2, 3, 1, 4));
        string keys = HeadsOf(k, asked, turned: true);
        string values = HeadsOf(v, asked, turned: false);
        string scores = _graph.Node("MatMul", [queries, keys]);
        scores = terms is null ? scores : WithContents(scores, queries, keys, RowsOfDistances(asking, asked, terms), terms, groups);
        scores = Scaled(scores, options.Scale);
        scores = terms?.Bias is { } bias ? _graph.Node("Add", [scores, BiasByDistance(bias, RowsOfDistances(asking, asked, terms))]) : scores;
        if (options.Softcap > 0)
        {
            scores = Scaled(_graph.Node("Tanh", [Scaled(scores, 1 / options.Softcap)]), options.Softcap);
        }

        if (options.AlibiSlopes is { } slopes)
        {
            string slope = _graph.Node("Reshape", [ConstantOf(slopes), _graph.Integers(groups, heads, 1, 1)]);
            string pairs = asking.DistancesTo(asked);
            string distances = _graph.Shared($"distances of scores {pairs}", () => _graph.Unsqueeze(_graph.Cast(pairs, OnnxType.Float), 1, 2));
            scores = _graph.Node("Add", [scores, _graph.Node("Mul", [slope, distances])]);
        }

        string masked = _graph.Node("Where", [AttentionMask.Of(_graph, asking, asked, options), scores, _graph.Single(float.MinValue)]);
        string weights = _graph.Node("Softmax", [masked], new OnnxAttribute("axis", -1L));
        string mixed = _graph.Node("Transpose", [_graph.Node("MatMul", [weights, values])], Permutation(0, 3, 1, 2, 4));
        Set(y, _graph.Node("Reshape", [mixed, _graph.Integers(-1, q.Shape[1], v.Shape[2])]));
        return masked;
    }

    /// <summary>Keys or values [M, K, D] as [B, K, 1, L, D], or with the last two dimensions turned.</summary>
    private string HeadsOf(Tensor x, BatchValues batch, bool turned)
    {
        string name = Operand(x);
        if (_heads.TryGetValue(name, out string? heads))
        {
            return _graph.Unsqueeze(turned ? _graph.Node("Transpose", [heads], Permutation(0, 1, 3, 2)) : heads, 2);
        }

        string padded = batch.Padded(name, x.Shape[1], 1, x.Shape[2]);
        return _graph.Node("Transpose", [padded], turned ? Permutation(0, 2, 3, 4, 1) : Permutation(0, 2, 3, 1, 4));
    }

    /// <summary>Adds what contents say of distances: products with every row of a table, of which each pair of tokens takes the one of its distance.</summary>
    private string WithContents(string scores, string queries, string keys, string rowsOfPairs, DistanceTerms terms, long heads)
    {
        string rows = _graph.Shared($"rows of pairs {rowsOfPairs} {heads}", () => _graph.Node("Expand", [_graph.Unsqueeze(rowsOfPairs, 1, 2), _graph.Integers(1, heads, 1, 1, 1)]));
        if (terms.ForQueries is { } forQueries)
        {
            string table = Table(forQueries, heads, 1, 2, 3, 0);
            string part = _graph.Node("GatherElements", [_graph.Node("MatMul", [queries, table]), rows], new OnnxAttribute("axis", 4L));
            scores = _graph.Node("Add", [scores, part]);
        }

        if (terms.ForKeys is { } forKeys)
        {
            string table = Table(forKeys, heads, 1, 2, 0, 3);
            string part = _graph.Node("GatherElements", [_graph.Node("MatMul", [table, keys]), rows], new OnnxAttribute("axis", 3L));
            scores = _graph.Node("Add", [scores, part]);
        }

        return scores;
    }

    /// <summary>A table [R, H D] as [R, H, 1, D] with its dimensions in another order.</summary>
    private string Table(Tensor table, long heads, params long[] order) =>
        _graph.Node("Transpose", [_graph.Node("Reshape", [Operand(table), _graph.Integers(-1, heads, 1, table.Shape[1] / heads)])], Permutation(order));

    /// <summary>Numbers [B, H, 1, T, L] of a table [R, H] for each pair of tokens.</summary>
    private string BiasByDistance(Tensor table, string rows)
    {
        string values = Operand(table);
        return _graph.Shared($"bias {values} {rows}", () => _graph.Unsqueeze(_graph.Node("Transpose", [_graph.Node("Gather", [values, rows])], Permutation(0, 3, 1, 2)), 2));
    }

    /// <summary>The row [B, T, L] of each pair's distance. Distances beyond the last one at which the row changes share its row, so the graph knows the rows of all.</summary>
    private string RowsOfDistances(BatchValues asking, BatchValues asked, DistanceTerms terms)
    {
        int lowest = 1 - _positions;
        int highest = _positions - 1;
        while (lowest < 0 && terms.Row(lowest) == terms.Row(lowest + 1))
        {
            lowest++;
        }

        while (highest > 0 && terms.Row(highest) == terms.Row(highest - 1))
        {
            highest--;
        }

        long[] rows = [.. Enumerable.Range(lowest, highest - lowest + 1).Select(distance => (long)terms.Row(distance))];
        string table = _graph.Constant(OnnxType.Int64, [rows.Length], System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>(rows));
        string distances = asking.DistancesTo(asked);
        return _graph.Shared($"rows of {distances} {table} {lowest}", () =>
        {
            string known = _graph.Node("Min", [_graph.Node("Max", [distances, _graph.Integer(lowest)]), _graph.Integer(highest)]);
            return _graph.Node("Gather", [table, _graph.Node("Sub", [known, _graph.Integer(lowest)])]);
        });
    }
}
