using Attune.Export.Onnx.Evaluation;
using Attune.Export.Onnx.Recording;
using Attune.Formats;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>The best of several sequences: ids, mask and types [batch_size, num_choices, sequence_length] to a score for each choice.</summary>
internal sealed class ChoiceGraph(MultipleChoiceModel model) : ModelGraph("model.onnx")
{
    private const string Choices = "num_choices";

    /// <inheritdoc/>
    public override int ContextTokens => model.Backbone.ContextTokens;

    /// <inheritdoc/>
    public override GraphEnds Record(RecordingBackend recording, Device device, int paddingId)
    {
        // All choices of all questions are one batch of sequences.
        GraphBuilder graph = recording.Graph;
        string shape = graph.Node("Shape", [Ids]);
        string sequences = graph.Node("Concat", [graph.Integers(-1), graph.Node("Gather", [shape, graph.Integers(2)])], new OnnxAttribute("axis", 0L));
        var batch = new BatchValues(graph, AsSequences(Ids), AsSequences(Mask));
        Tensor scores = model.Logits(new ForwardPass(recording.Tokens(device, batch, AsSequences(Types), paddingId)));
        recording.Output(scores, "logits", graph.Node("Gather", [shape, graph.Integers(0, 1)]));
        return new GraphEnds(
            [Integers(Ids, Batch, Choices, Sequence), Integers(Mask, Batch, Choices, Sequence), Integers(Types, Batch, Choices, Sequence)],
            [new OnnxValue("logits", OnnxType.Float, [Batch, Choices])]);

        string AsSequences(string value) => graph.Node("Reshape", [value, sequences]);
    }

    /// <inheritdoc/>
    public override GraphExample Example(Device device, IReadOnlyList<int[]> sequences)
    {
        OnnxArray ids = GraphExample.Padded(sequences);
        OnnxArray mask = GraphExample.Mask(sequences);
        OnnxArray types = GraphExample.Padded([.. sequences.Select(choice => new int[choice.Length])]);
        return new GraphExample(
            new Dictionary<string, OnnxArray> { [Ids] = OneQuestion(ids), [Mask] = OneQuestion(mask), [Types] = OneQuestion(types) },
            [("logits", model.Logits(new ForwardPass(GraphExample.Flat(device, sequences))))],
            [.. sequences.Select(choice => choice.Length)]);

        static OnnxArray OneQuestion(OnnxArray values) => values.With([1, .. values.Extents]);
    }
}
