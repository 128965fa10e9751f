using Attune.Export.Onnx.Evaluation;
using Attune.Export.Onnx.Recording;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>The first half of a model that reads a text and writes another one: ids and mask [batch_size, encoder_sequence_length] to states.</summary>
internal sealed class EncoderGraph(Seq2SeqModel model) : ModelGraph("encoder_model.onnx")
{
    /// <summary>Name of the tokens of the longest text to read.</summary>
    public const string SourceSequence = "encoder_sequence_length";

    private const string States = "last_hidden_state";

    /// <inheritdoc/>
    public override int ContextTokens => model.ContextTokens;

    /// <inheritdoc/>
    public override GraphEnds Record(RecordingBackend recording, Device device, int paddingId)
    {
        var batch = new BatchValues(recording.Graph, Ids, Mask);
        Tensor states = model.Encode(new ForwardPass(recording.Tokens(device, batch, types: null, paddingId)));
        recording.Output(states, batch, States);
        return new GraphEnds([Integers(Ids, Batch, SourceSequence), Integers(Mask, Batch, SourceSequence)], [Numbers(States, [Batch, SourceSequence], states.Shape)]);
    }

    /// <inheritdoc/>
    public override GraphExample Example(Device device, IReadOnlyList<int[]> sequences) => new(
        new Dictionary<string, OnnxArray> { [Ids] = GraphExample.Padded(sequences), [Mask] = GraphExample.Mask(sequences) },
        [(States, model.Encode(new ForwardPass(GraphExample.Flat(device, sequences))))],
        [.. sequences.Select(ids => ids.Length)]);
}
