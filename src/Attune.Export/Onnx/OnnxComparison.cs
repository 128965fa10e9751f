using System.Globalization;
using System.Runtime.InteropServices;
using Attune.Export.Onnx.Evaluation;
using Attune.Export.Onnx.Graphs;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx;

/// <summary>What the comparison of ONNX files with their model gave.</summary>
/// <param name="Tensors">Weights that are in the files bit for bit.</param>
/// <param name="Outputs">Outputs that were compared.</param>
/// <param name="LargestDifference">The largest difference, as a fraction of the largest number of its output.</param>
public sealed record OnnxComparison(int Tensors, int Outputs, double LargestDifference)
{
    /// <summary>Differences up to this one are those of another order of sums.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>Opens the files of a model again, compares all weights, and computes them on padded batches beside the model.</summary>
    /// <param name="folder">The files.</param>
    /// <param name="network">The model, in single precision.</param>
    /// <param name="sequences">Ids of each sequence; their lengths may differ.</param>
    /// <param name="withPast">Whether the files were written with a past.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">A file is not what should have been written.</exception>
    /// <exception cref="ModelFileException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static OnnxComparison Of(string folder, Network network, IReadOnlyList<int[]> sequences, bool withPast = false, CancellationToken cancellation = default)
    {
        OnnxComparison[] files = [.. KnownGraphs.Of(network, withPast).Select(graph => Of(Path.Combine(folder, graph.FileName), graph, network, sequences, cancellation))];
        return new OnnxComparison(files.Sum(file => file.Tensors), files.Sum(file => file.Outputs), files.Max(file => file.LargestDifference));
    }

    private static OnnxComparison Of(string path, ModelGraph graph, Network network, IReadOnlyList<int[]> sequences, CancellationToken cancellation)
    {
        using OnnxFile file = OnnxFile.Open(path);
        using StepScope scope = network.Device.Scope();
        using var pause = network.Device.Tape.Pause();
        int tensors = CompareWeights(path, file.Model, network, cancellation);
        GraphExample example = graph.Example(network.Device, sequences);
        IReadOnlyDictionary<string, OnnxArray> found = OnnxEvaluator.Run(file.Model, example.Inputs, cancellation);
        double largest = 0;
        foreach ((string name, Tensor values) in example.Outputs)
        {
            double difference = Difference(values.ToArray(), example.WithoutPadding(values, ((OnnxArray<float>)found[name]).Values));
            largest = Math.Max(largest, difference);
            if (!(difference <= Tolerance))
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{path}: the output {name} of what was written differs by {difference:g3} of its largest number; nothing is kept"));
            }
        }

        return new OnnxComparison(tensors, example.Outputs.Count, largest);
    }

    private static int CompareWeights(string path, OnnxModel model, Network network, CancellationToken cancellation)
    {
        Dictionary<string, Parameter> parameters = network.Parameters().ToDictionary(parameter => parameter.Name);
        int compared = 0;
        foreach (OnnxTensor tensor in model.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!parameters.TryGetValue(tensor.Name, out Parameter? parameter))
            {
                continue;
            }

            using StepScope scope = network.Device.Scope();
            float[] expected = parameter.ToFloat32().ToArray();
            var found = new float[expected.Length];
            if (tensor.Count == found.Length)
            {
                tensor.Read(0, MemoryMarshal.AsBytes(found.AsSpan()));
            }

            if (!MemoryMarshal.AsBytes(expected.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(found.AsSpan())))
            {
                throw new IOException($"{path}: the weight '{tensor.Name}' is not what it was; the disk or the memory may be damaged; nothing is kept");
            }

            compared++;
        }

        return compared;
    }

    private static double Difference(float[] expected, float[] actual)
    {
        double largest = double.Epsilon;
        double difference = expected.Length == actual.Length ? 0 : double.PositiveInfinity;
        for (int i = 0; i < Math.Min(expected.Length, actual.Length); i++)
        {
            double here = Math.Abs((double)expected[i] - actual[i]);
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
            difference = double.IsNaN(here) ? double.PositiveInfinity : Math.Max(difference, here);
        }

        return difference / largest;
    }
}
