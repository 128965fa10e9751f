using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>Which keys each query sees, made from the positions and the mask of a batch.</summary>
internal static class AttentionMask
{
    /// <summary>Bool [B, 1, 1, T, T]; layers with equal options share it.</summary>
    public static string Of(GraphBuilder graph, BatchValues batch, in AttentionOptions options)
    {
        (bool causal, int window, int halfWindow, int chunk) = (options.Causal, options.Window, options.HalfWindow, options.Chunk);
        return graph.Shared($"mask {causal} {window} {halfWindow} {chunk}", () =>
        {
            string seen = batch.KeyIsToken;
            string distances = batch.Distances;
            if (causal)
            {
                And(graph.Node("LessOrEqual", [distances, graph.Integer(0)]));
            }

            if (window > 0)
            {
                And(graph.Node("Less", [graph.Integer(-window), distances]));
            }

            if (halfWindow > 0)
            {
                And(graph.Node("LessOrEqual", [graph.Node("Abs", [distances]), graph.Integer(halfWindow)]));
            }

            if (chunk > 0)
            {
                string chunks = graph.Node("Div", [batch.Positions, graph.Integer(chunk)]);
                And(graph.Node("Equal", [batch.Unsqueeze(chunks, 1), batch.Unsqueeze(chunks, 2)]));
            }

            return batch.Unsqueeze(seen, 1, 2);

            void And(string condition) => seen = graph.Node("And", [seen, condition]);
        });
    }
}
