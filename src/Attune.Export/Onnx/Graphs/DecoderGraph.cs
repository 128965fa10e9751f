using System.Globalization;
using Attune.Export.Onnx.Evaluation;
using Attune.Export.Onnx.Recording;
using Attune.Formats;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>
/// The second half of a model that reads a text and writes another one: ids [batch_size, decoder_sequence_length] with the encoder's states and their mask to logits. The ids have no mask: they are
/// padded on the right, if at all, where no token sees them.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="withPast">Whether it also gives the keys and values from which <see cref="DecoderPastGraph"/> goes on.</param>
internal sealed class DecoderGraph(Seq2SeqModel model, bool withPast) : ModelGraph("decoder_model.onnx")
{
    /// <summary>Name of the mask of the texts to read.</summary>
    public const string SourceMask = "encoder_attention_mask";

    /// <summary>Name of the number of ids.</summary>
    public const string TargetSequence = "decoder_sequence_length";

    private const string SourceStates = "encoder_hidden_states";

    /// <inheritdoc/>
    public override int ContextTokens => model.ContextTokens;

    /// <summary>Names of the keys and values of the texts to read, in order of the layers.</summary>
    public static (string Key, string Value) SourceNames(int layer) =>
        (string.Create(CultureInfo.InvariantCulture, $"{layer}.encoder.key"), string.Create(CultureInfo.InvariantCulture, $"{layer}.encoder.value"));

    /// <inheritdoc/>
    public override GraphEnds Record(RecordingBackend recording, Device device, int paddingId)
    {
        GraphBuilder graph = recording.Graph;
        var source = new BatchValues(graph, ids: null, SourceMask);
        var target = new BatchValues(graph, Ids, graph.Node("Expand", [graph.Integer(1), graph.Node("Shape", [Ids])]));
        Tensor states = recording.Input(device, [recording.Sizes.SourceTokens, model.Head.InFeatures], DType.F32, graph.Node("Reshape", [SourceStates, graph.Integers(-1, model.Head.InFeatures)]));
        AttentionLayout read = recording.SourceLayout(device, source);
        TokenBatch written = recording.Tokens(device, target, types: null, paddingId);
        var memory = new EncoderMemory(states, read.KeyStarts, read.KeyLengths);
        RecordingBackend.PastCache? cache = withPast ? recording.Cache(written, (Past: "", TargetSequence), "decoder.") : null;
        List<OnnxValue> sources = [];
        foreach ((int layer, (Tensor keys, Tensor values)) in withPast ? model.Prepare(memory).Index() : [])
        {
            (string key, string value) = SourceNames(layer);
            sources.Add(recording.Present(keys, source, key, EncoderGraph.SourceSequence));
            sources.Add(recording.Present(values, source, value, EncoderGraph.SourceSequence));
        }

        Tensor logits = model.Logits(model.Decode(new ForwardPass(written) { Cache = cache }, memory));
        recording.Output(logits, target, "logits");
        return new GraphEnds(
            [
                Integers(SourceMask, Batch, EncoderGraph.SourceSequence),
                Integers(Ids, Batch, TargetSequence),
                Numbers(SourceStates, [Batch, EncoderGraph.SourceSequence], states.Shape),
            ],
            [Numbers("logits", [Batch, TargetSequence], logits.Shape), .. cache?.Outputs ?? [], .. sources]);
    }

    /// <inheritdoc/>
    public override GraphExample Example(Device device, IReadOnlyList<int[]> sequences)
    {
        // Each text becomes another one, of another length.
        int[][] written = [.. sequences.Reverse().Select(ids => model.DecoderInputs(ids))];
        TokenBatch source = GraphExample.Flat(device, sequences);
        Tensor states = model.Encode(new ForwardPass(source));
        return new GraphExample(
            new Dictionary<string, OnnxArray>
            {
                [SourceMask] = GraphExample.Mask(sequences),
                [SourceStates] = GraphExample.Padded(states, sequences),
                [Ids] = GraphExample.Padded(written),
            },
            [("logits", model.Logits(model.Decode(new ForwardPass(GraphExample.Flat(device, written)), EncoderMemory.Of(states, source))))],
            [.. written.Select(ids => ids.Length)]);
    }
}
