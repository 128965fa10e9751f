using System.Globalization;
using Attune.Export.Onnx.Recording;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>A file of an exported model: what it is given, what it computes, and an example to compare it by.</summary>
/// <param name="fileName">Name of the file, as Hugging Face's Optimum has it.</param>
internal abstract class ModelGraph(string fileName)
{
    /// <summary>Name of a graph's ids.</summary>
    protected const string Ids = "input_ids";

    /// <summary>Name of a graph's mask: 1 for tokens, 0 for padding.</summary>
    protected const string Mask = "attention_mask";

    /// <summary>Name of what says which part of a pair each token belongs to.</summary>
    protected const string Types = "token_type_ids";

    /// <summary>Name of the number of sequences.</summary>
    protected const string Batch = "batch_size";

    /// <summary>Name of the tokens of the longest sequence.</summary>
    protected const string Sequence = "sequence_length";

    /// <summary>Name of the file.</summary>
    public string FileName => fileName;

    /// <summary>The longest sequence that the model was made for, in tokens.</summary>
    public abstract int ContextTokens { get; }

    /// <summary>Runs the model on the backend that records it.</summary>
    /// <param name="recording">The backend, which has begun.</param>
    /// <param name="device">The model's device on it; a scope is open.</param>
    /// <param name="paddingId">The id that does not count as the last token of a text; -1 for none.</param>
    public abstract GraphEnds Record(RecordingBackend recording, Device device, int paddingId);

    /// <summary>What a written graph can be given, and what the model says of it.</summary>
    /// <param name="device">The model's device; a scope is open.</param>
    /// <param name="sequences">Ids of some sequences; their lengths may differ.</param>
    public abstract GraphExample Example(Device device, IReadOnlyList<int[]> sequences);

    /// <summary>Name of the keys or values of earlier tokens.</summary>
    public static string Past(string name) => $"past_key_values.{name}";

    /// <summary>Name of the keys or values of all tokens.</summary>
    public static string Present(string name) => $"present.{name}";

    /// <summary>Keys or values [B, K, L, D].</summary>
    public static OnnxValue Heads(string name, long heads, string tokens, long size) =>
        new(name, OnnxType.Float, [Batch, heads.ToString(CultureInfo.InvariantCulture), tokens, size.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>An input of integers.</summary>
    protected static OnnxValue Integers(string name, params IReadOnlyList<string> extents) => new(name, OnnxType.Int64, extents);

    /// <summary>An output of numbers with the model's own extents behind those that callers choose.</summary>
    protected static OnnxValue Numbers(string name, IReadOnlyList<string> extents, Shape shape) =>
        new(name, OnnxType.Float, [.. extents, .. shape.ToArray().Skip(1).Select(extent => extent.ToString(CultureInfo.InvariantCulture))]);
}

/// <summary>What goes into a graph and what comes out of it.</summary>
/// <param name="Inputs">Those that no output depends on are left out later.</param>
/// <param name="Outputs">The outputs.</param>
internal sealed record GraphEnds(IReadOnlyList<OnnxValue> Inputs, IReadOnlyList<OnnxValue> Outputs);
