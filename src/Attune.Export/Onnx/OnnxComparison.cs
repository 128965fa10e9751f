using System.Globalization;
using System.Runtime.InteropServices;
using Attune.Export.Onnx.Evaluation;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx;

/// <summary>What the comparison of an ONNX file with its model gave.</summary>
/// <param name="Tensors">Weights that are in the file bit for bit.</param>
/// <param name="Outputs">Outputs that were compared.</param>
/// <param name="LargestDifference">The largest difference, as a fraction of the largest number of its output.</param>
public sealed record OnnxComparison(int Tensors, int Outputs, double LargestDifference)
{
    /// <summary>Differences up to this one are those of another order of sums.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>Opens a file again, compares all weights, and computes it on a padded batch beside the model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The model, in single precision.</param>
    /// <param name="sequences">Ids of each sequence; their lengths may differ.</param>
    /// <exception cref="IOException">The file is not what should have been written.</exception>
    /// <exception cref="ModelFileException">The file cannot be read.</exception>
    public static OnnxComparison Of(string path, Network network, IReadOnlyList<int[]> sequences)
    {
        using OnnxFile file = OnnxFile.Open(path);
        using StepScope scope = network.Device.Scope();
        using var pause = network.Device.Tape.Pause();
        int tensors = CompareWeights(path, file.Model, network);
        int longest = sequences.Max(ids => ids.Length);
        IReadOnlyDictionary<string, OnnxArray> found = OnnxEvaluator.Run(file.Model, Padded(file.Model, sequences, longest));
        double largest = 0;
        IReadOnlyList<(string Name, Tensor Values)> wanted = ModelOutputs.Of(network, new ForwardPass(Flat(network.Device, sequences)));
        foreach ((string name, Tensor values) in wanted)
        {
            float[] expected = values.ToArray();
            float[] actual = ((OnnxArray<float>)found[name]).Values;
            actual = values.Shape[0] == sequences.Count && values.Shape[0] != sequences.Sum(ids => ids.Length) ? actual : WithoutPadding(actual, sequences, longest);
            double difference = Difference(expected, actual);
            largest = Math.Max(largest, difference);
            if (!(difference <= Tolerance))
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{path}: the output {name} of what was written differs by {difference:g3} of its largest number; nothing is kept"));
            }
        }

        return new OnnxComparison(tensors, wanted.Count, largest);
    }

    private static int CompareWeights(string path, OnnxModel model, Network network)
    {
        Dictionary<string, Parameter> parameters = network.Parameters().ToDictionary(parameter => parameter.Name);
        int compared = 0;
        foreach (OnnxTensor tensor in model.Tensors)
        {
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

    private static Dictionary<string, OnnxArray> Padded(OnnxModel model, IReadOnlyList<int[]> sequences, int longest)
    {
        long[] extents = [sequences.Count, longest];
        return model.Inputs.ToDictionary(input => input.Name, input => (OnnxArray)new OnnxArray<long>(extents, [.. sequences.SelectMany(ids => Enumerable.Range(0, longest).Select(i => input.Name switch
        {
            OnnxExport.Ids => i < ids.Length ? ids[i] : 0L,
            OnnxExport.Mask => i < ids.Length ? 1L : 0L,
            _ => 0L,
        }))]));
    }

    private static TokenBatch Flat(Device device, IReadOnlyList<int[]> sequences)
    {
        List<int> starts = [0];
        foreach (int[] ids in sequences)
        {
            starts.Add(starts[^1] + ids.Length);
        }

        return TokenBatch.Create(device, [.. sequences.SelectMany(ids => ids)], [.. sequences.SelectMany(ids => Enumerable.Range(0, ids.Length))], [.. starts]);
    }

    private static float[] WithoutPadding(float[] padded, IReadOnlyList<int[]> sequences, int longest)
    {
        int width = padded.Length / (sequences.Count * longest);
        return [.. sequences.SelectMany((ids, row) => padded.AsSpan(row * longest * width, ids.Length * width).ToArray())];
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
