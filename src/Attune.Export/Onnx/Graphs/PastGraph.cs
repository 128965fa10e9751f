using Attune.Export.Onnx.Evaluation;
using Attune.Export.Onnx.Recording;
using Attune.Models;
using Attune.Nn;
using Attune.Nn.StateSpace;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>
/// Decoders that go on where they were: new ids [batch_size, sequence_length], the mask of all tokens so far, and keys and values of the earlier ones, of which there may be none, to logits of the new
/// tokens and keys and values of all.
/// </summary>
internal sealed class PastGraph(CausalLmModel model) : ModelGraph("model.onnx")
{
    private const string PastSequence = "past_sequence_length";
    private const string AllSequence = $"{PastSequence} + {Sequence}";

    /// <inheritdoc/>
    public override int ContextTokens => model.ContextTokens;

    /// <inheritdoc/>
    public override GraphEnds Record(RecordingBackend recording, Device device, int paddingId)
    {
        if (model.Modules().OfType<Mamba2Mixer>().Any())
        {
            throw new ExportException("its layers keep a state, which is no past of keys and values; export it without one");
        }

        var all = new BatchValues(recording.Graph, ids: null, Mask);
        BatchValues added = all.Last(Ids);
        TokenBatch tokens = recording.Tokens(device, added, types: null, paddingId, all);
        RecordingBackend.PastCache cache = recording.Cache(tokens, (PastSequence, AllSequence));
        Tensor logits = model.Logits(new ForwardPass(tokens) { Cache = cache });
        recording.Output(logits, added, "logits");
        return new GraphEnds(
            [Integers(Ids, Batch, Sequence), Integers(Mask, Batch, AllSequence), .. cache.Inputs],
            [Numbers("logits", [Batch, Sequence], logits.Shape), .. cache.Outputs]);
    }

    /// <inheritdoc/>
    public override GraphExample Example(Device device, IReadOnlyList<int[]> sequences)
    {
        int past = sequences.Min(ids => ids.Length) / 2;
        TokenBatch begun = GraphExample.Flat(device, [.. sequences.Select(ids => ids[..past])]);
        var kept = new KeptKeys(begun.Layout, sequences.Count);
        model.Hidden(new ForwardPass(begun) { Cache = kept });
        return new GraphExample(
            new Dictionary<string, OnnxArray>(kept.Past) { [Ids] = GraphExample.Padded([.. sequences.Select(ids => ids[past..])]), [Mask] = GraphExample.Mask(sequences) },
            [("logits", GraphExample.Behind(model.Logits(new ForwardPass(GraphExample.Flat(device, sequences))), sequences, past))],
            [.. sequences.Select(ids => ids.Length - past)]);
    }
}
