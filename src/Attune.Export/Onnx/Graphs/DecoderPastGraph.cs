using Attune.Export.Onnx.Evaluation;
using Attune.Export.Onnx.Recording;
using Attune.Formats;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>
/// What follows <see cref="DecoderGraph"/>: new ids [batch_size, decoder_sequence_length] with the keys and values of the earlier ones and of the text to read, and its mask, to logits of the new ids and
/// keys and values of all.
/// </summary>
internal sealed class DecoderPastGraph(Seq2SeqModel model) : ModelGraph("decoder_with_past_model.onnx")
{
    private const string Kind = "decoder.";
    private const string PastSequence = "past_decoder_sequence_length";

    /// <inheritdoc/>
    public override int ContextTokens => model.ContextTokens;

    /// <inheritdoc/>
    public override GraphEnds Record(RecordingBackend recording, Device device, int paddingId)
    {
        GraphBuilder graph = recording.Graph;
        var source = new BatchValues(graph, ids: null, DecoderGraph.SourceMask);
        AttentionLayout read = recording.SourceLayout(device, source);
        (EncoderMemory memory, IReadOnlyList<OnnxValue> sources) = Memory(recording, device, read);

        // The earlier ids are as many as the keys of any layer, none of them padding.
        string past = Extent(ModelGraph.Past($"0.{Kind}key"), 2);
        string shape = graph.Node("Concat", [Extent(Ids, 0), graph.Node("Add", [past, Extent(Ids, 1)])], new OnnxAttribute("axis", 0L));
        var all = new BatchValues(graph, ids: null, graph.Node("Expand", [graph.Integer(1), shape]));
        BatchValues added = all.Last(Ids);
        TokenBatch written = recording.Tokens(device, added, types: null, paddingId, all);
        RecordingBackend.PastCache cache = recording.Cache(written, (PastSequence, $"{PastSequence} + {DecoderGraph.TargetSequence}"), Kind);
        Tensor logits = model.Logits(model.Decode(new ForwardPass(written) { Cache = cache }, memory));
        if (cache.Inputs.Count == 0)
        {
            throw new ExportException("its decoder has no layers that keep a past; export it without one");
        }

        recording.Output(logits, added, "logits");
        return new GraphEnds(
            [Integers(DecoderGraph.SourceMask, Batch, EncoderGraph.SourceSequence), Integers(Ids, Batch, DecoderGraph.TargetSequence), .. cache.Inputs, .. sources],
            [Numbers("logits", [Batch, DecoderGraph.TargetSequence], logits.Shape), .. cache.Outputs]);

        string Extent(string value, long dimension) => graph.Node("Slice", [graph.Node("Shape", [value]), graph.Integers(dimension), graph.Integers(dimension + 1), graph.Integers(0)]);
    }

    /// <inheritdoc/>
    public override GraphExample Example(Device device, IReadOnlyList<int[]> sequences)
    {
        int[][] written = [.. sequences.Reverse().Select(ids => model.DecoderInputs(ids))];
        int past = written.Min(ids => ids.Length) / 2;
        TokenBatch source = GraphExample.Flat(device, sequences);
        EncoderMemory memory = EncoderMemory.Of(model.Encode(new ForwardPass(source)), source);
        TokenBatch begun = GraphExample.Flat(device, [.. written.Select(ids => ids[..past])]);
        var kept = new KeptKeys(begun.Layout, sequences.Count, Kind);
        model.Decode(new ForwardPass(begun) { Cache = kept }, memory);
        var inputs = new Dictionary<string, OnnxArray>(kept.Past)
        {
            [DecoderGraph.SourceMask] = GraphExample.Mask(sequences),
            [Ids] = GraphExample.Padded([.. written.Select(ids => ids[past..])]),
        };
        foreach ((int layer, (Tensor keys, Tensor values)) in model.Prepare(memory).Index())
        {
            (string key, string value) = DecoderGraph.SourceNames(layer);
            inputs.Add(ModelGraph.Past(key), Heads(keys));
            inputs.Add(ModelGraph.Past(value), Heads(values));
        }

        Tensor logits = model.Logits(model.Decode(new ForwardPass(GraphExample.Flat(device, written)), memory));
        return new GraphExample(inputs, [("logits", GraphExample.Behind(logits, written, past))], [.. written.Select(ids => ids.Length - past)]);

        OnnxArray Heads(Tensor x) => KeptKeys.Heads(GraphExample.Padded(x.Reshape(x.Shape[0], -1), sequences), x.Shape[1], x.Shape[2]);
    }

    /// <summary>What was made of the text to read, as inputs.</summary>
    private (EncoderMemory Memory, IReadOnlyList<OnnxValue> Inputs) Memory(RecordingBackend recording, Device device, AttentionLayout read)
    {
        // The states are gone; what would be made of them says only the extents.
        Tensor states = recording.Input(device, [recording.Sizes.SourceTokens, model.Head.InFeatures], DType.F32, "states");
        var memory = new EncoderMemory(states, read.KeyStarts, read.KeyLengths);
        List<(Tensor, Tensor)> made = [];
        List<OnnxValue> inputs = [];
        foreach ((int layer, (Tensor keys, Tensor values)) in model.Prepare(memory).Index())
        {
            (string key, string value) = DecoderGraph.SourceNames(layer);
            made.Add((Input(key, keys), Input(value, values)));
        }

        model.Prepare(memory, made);
        return (memory, inputs);

        Tensor Input(string name, Tensor like)
        {
            inputs.Add(Heads(ModelGraph.Past(name), like.Shape[1], EncoderGraph.SourceSequence, like.Shape[2]));
            return recording.FromHeads(device, ModelGraph.Past(name), recording.Sizes.SourceTokens, like.Shape[1], like.Shape[2]);
        }
    }
}
