using Attune.Export.Onnx.Graphs;
using Attune.Export.Onnx.Recording;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Export.Onnx;

/// <summary>
/// Writes a model as ONNX graphs with the names, inputs and outputs that Hugging Face's Optimum gives them. <c>model.onnx</c>: <c>input_ids</c>, <c>attention_mask</c> and, where the model has them,
/// <c>token_type_ids</c>, all [batch_size, sequence_length], for choices [batch_size, num_choices, sequence_length], to <c>logits</c>, <c>last_hidden_state</c>, <c>start_logits</c> and <c>end_logits</c>,
/// <c>sentence_embedding</c>. Models with encoder and decoder: <c>encoder_model.onnx</c> and <c>decoder_model.onnx</c>, which takes the encoder's states. With a past, decoders take
/// <c>past_key_values.N.key</c> and <c>past_key_values.N.value</c> [batch_size, heads, past_sequence_length, head size] and give <c>present.N.key</c> and <c>present.N.value</c>.
/// </summary>
public static class OnnxExport
{
    /// <summary>Tables of positions are part of the file.</summary>
    private const int MostPositions = 1 << 17;

    /// <summary>Records a model and writes its graphs.</summary>
    /// <param name="folder">Where the files go; older ones are replaced.</param>
    /// <param name="backend">Computes what does not depend on the batch.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="load">Makes the model on a device, in single precision.</param>
    /// <param name="withPast">Whether a decoder takes and gives keys and values of earlier tokens, as Optimum's text-generation-with-past does.</param>
    /// <param name="cancellation">Ends it; files that were written stay.</param>
    /// <returns>The files, without those of weights beside them.</returns>
    /// <exception cref="ExportException">The model does something that a graph cannot hold.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static IReadOnlyList<string> Write(string folder, IBackend backend, ModelConfig config, Func<Device, Network> load, bool withPast = false, CancellationToken cancellation = default)
    {
        var recording = new RecordingBackend(backend);
        using var device = new Device(recording);
        Network network = load(device);
        List<string> paths = [];
        try
        {
            foreach (ModelGraph graph in KnownGraphs.Of(network, withPast))
            {
                using StepScope scope = device.Scope();
                using var pause = device.Tape.Pause();
                recording.Begin(network, Math.Min(graph.ContextTokens, MostPositions));
                GraphEnds ends = graph.Record(recording, device, config.FindInt32("pad_token_id") ?? -1);
                paths.Add(Path.Combine(folder, graph.FileName));
                OnnxWriter.Write(paths[^1], UsedParts.Of(new OnnxModel { Inputs = ends.Inputs, Outputs = ends.Outputs, Tensors = recording.Graph.Tensors, Nodes = recording.Graph.Nodes }), cancellation: cancellation);
            }
        }
        catch (ExportException error)
        {
            throw new ExportException($"{config.ModelType}: {error.Message}", error);
        }

        return paths;
    }
}
