using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>Which keys each query sees, made from the positions and masks of batches.</summary>
internal static class AttentionMask
{
    /// <summary>Bool [B, 1, 1, T or 1, L]; layers with equal options share it.</summary>
    public static string Of(GraphBuilder graph, BatchValues queries, BatchValues keys, in AttentionOptions options)
    {
        (bool causal, int window, int halfWindow, int chunk) = (options.Causal, options.Window, options.HalfWindow, options.Chunk);
        return graph.Shared($"mask {keys.KeyIsToken} {causal} {window} {halfWindow} {chunk}", () =>
        {
            string seen = keys.KeyIsToken;
            if (causal)
            {
                And(graph.Node("LessOrEqual", [queries.DistancesTo(keys), graph.Integer(0)]));
            }

            if (window > 0)
            {
                And(graph.Node("Less", [graph.Integer(-window), queries.DistancesTo(keys)]));
            }

            if (halfWindow > 0)
            {
                And(graph.Node("LessOrEqual", [graph.Node("Abs", [queries.DistancesTo(keys)]), graph.Integer(halfWindow)]));
            }

            if (chunk > 0)
            {
                And(graph.Node("Equal", [graph.Unsqueeze(ChunkOf(keys), 1), graph.Unsqueeze(ChunkOf(queries), 2)]));
            }

            return graph.Unsqueeze(seen, 1, 2);

            void And(string condition) => seen = graph.Node("And", [seen, condition]);

            string ChunkOf(BatchValues batch) => graph.Node("Div", [batch.Positions, graph.Integer(chunk)]);
        });
    }
}
