using Attune.Export.Onnx.Evaluation;
using Attune.Export.Onnx.Recording;
using Attune.Models;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>Decoders, encoders and heads: ids, mask and types [batch_size, sequence_length] to what the model says of tokens or sequences.</summary>
internal sealed class SequenceGraph(Network network) : ModelGraph("model.onnx")
{
    /// <inheritdoc/>
    public override int ContextTokens => network switch
    {
        CausalLmModel decoder => decoder.ContextTokens,
        HeadModel head => head.Backbone.ContextTokens,
        EncoderModel encoder => encoder.Backbone.ContextTokens,
        _ => throw new ExportException($"a {network.GetType().Name} cannot be exported"),
    };

    /// <inheritdoc/>
    public override GraphEnds Record(RecordingBackend recording, Device device, int paddingId)
    {
        var batch = new BatchValues(recording.Graph, Ids, Mask);
        TokenBatch tokens = recording.Tokens(device, batch, Types, paddingId);
        IReadOnlyList<(string Name, Tensor Values)> outputs = Outputs(new ForwardPass(tokens));
        foreach ((string name, Tensor values) in outputs)
        {
            recording.Output(values, batch, name);
        }

        return new GraphEnds(
            [Integers(Ids, Batch, Sequence), Integers(Mask, Batch, Sequence), Integers(Types, Batch, Sequence)],
            [.. outputs.Select(output => Numbers(output.Name, output.Values.Shape[0] == tokens.Tokens ? [Batch, Sequence] : [Batch], output.Values.Shape))]);
    }

    /// <inheritdoc/>
    public override GraphExample Example(Device device, IReadOnlyList<int[]> sequences) => new(
        new Dictionary<string, OnnxArray>
        {
            [Ids] = GraphExample.Padded(sequences),
            [Mask] = GraphExample.Mask(sequences),
            [Types] = GraphExample.Padded([.. sequences.Select(ids => new int[ids.Length])]),
        },
        Outputs(new ForwardPass(GraphExample.Flat(device, sequences))),
        [.. sequences.Select(ids => ids.Length)]);

    /// <summary>What the model says of a batch, each with a row per token or a row per sequence.</summary>
    private IReadOnlyList<(string Name, Tensor Values)> Outputs(in ForwardPass pass)
    {
        switch (network)
        {
            case EncoderModel model:
                Tensor hidden = model.Hidden(pass);
                return model.HasPooler ? [("last_hidden_state", hidden), ("pooler_output", model.Pool(hidden, pass.Tokens))] : [("last_hidden_state", hidden)];
            case QuestionAnsweringModel model:
                Tensor answers = model.Logits(pass);
                return [("start_logits", answers.Narrow(1, 0, 1).Reshape(-1)), ("end_logits", answers.Narrow(1, 1, 1).Reshape(-1))];
            case SentenceEmbeddingModel model:
                return [("sentence_embedding", model.Logits(pass))];
            case HeadModel model:
                return [("logits", model.Logits(pass))];
            default:
                return [("logits", ((CausalLmModel)network).Logits(pass))];
        }
    }
}
