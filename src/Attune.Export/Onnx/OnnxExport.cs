using System.Globalization;
using Attune.Export.Onnx.Recording;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Export.Onnx;

/// <summary>
/// Writes a model as an ONNX graph with the inputs and outputs that Hugging Face's Optimum gives it: <c>input_ids</c>, <c>attention_mask</c> and, where the model has them,
/// <c>token_type_ids</c>, all [batch, sequence]; <c>logits</c>, <c>last_hidden_state</c>, <c>start_logits</c> and <c>end_logits</c>, <c>sentence_embedding</c>. Decoders have no cache.
/// </summary>
public static class OnnxExport
{
    /// <summary>
    /// The families that cannot be exported: those that choose experts or scan by looking at numbers on the host, and all with encoder and decoder.
    /// </summary>
    public static IReadOnlyList<string> UnsupportedFamilies { get; } =
    [
        "deepseek_v3", "gpt_oss", "mamba2", "mixtral", "qwen2_moe", "qwen3_moe", .. KnownModels.Seq2Seq.Select(family => family.ModelType),
    ];

    internal const string Ids = "input_ids";
    internal const string Mask = "attention_mask";
    internal const string Types = "token_type_ids";

    private const string Batch = "batch_size";
    private const string Sequence = "sequence_length";

    /// <summary>Tables of positions are part of the file.</summary>
    private const int MostPositions = 1 << 17;

    /// <summary>Records a model and writes the graph.</summary>
    /// <param name="path">The file; an older one is replaced.</param>
    /// <param name="backend">Computes what does not depend on the batch.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="load">Makes the model on a device, in single precision.</param>
    /// <exception cref="ExportException">The model does something that a graph cannot hold.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IBackend backend, ModelConfig config, Func<Device, Network> load)
    {
        var recording = new RecordingBackend(backend);
        using var device = new Device(recording);
        Network network = load(device);
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        try
        {
            int context = Math.Min(ModelOutputs.ContextTokens(network), MostPositions);
            recording.Begin(network, context);
            OnnxWriter.Write(path, Record(recording, device, network, config.FindInt32("pad_token_id") ?? -1));
        }
        catch (ExportException error)
        {
            throw new ExportException($"{config.ModelType}: {error.Message}; the families that cannot be exported yet are {string.Join(", ", UnsupportedFamilies)}", error);
        }
    }

    private static OnnxModel Record(RecordingBackend recording, Device device, Network network, int paddingId)
    {
        var batch = new BatchValues(recording.Graph, Ids, Mask);
        var pass = new ForwardPass(recording.Tokens(device, batch, Types, paddingId));
        List<OnnxValue> outputs = [];
        foreach ((string name, Tensor values) in ModelOutputs.Of(network, pass))
        {
            recording.Output(values, batch, name);
            string[] first = values.Shape[0] == pass.Tokens.Tokens ? [Batch, Sequence] : [Batch];
            outputs.Add(new OnnxValue(name, OnnxType.Float, [.. first, .. values.Shape.ToArray().Skip(1).Select(extent => extent.ToString(CultureInfo.InvariantCulture))]));
        }

        string[] inputs = [Ids, Mask, Types];
        return UsedParts.Of(new OnnxModel
        {
            Inputs = [.. inputs.Select(name => new OnnxValue(name, OnnxType.Int64, [Batch, Sequence]))],
            Outputs = outputs,
            Tensors = recording.Graph.Tensors,
            Nodes = recording.Graph.Nodes,
        });
    }
}
