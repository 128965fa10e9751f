using Attune.Export.Onnx.Evaluation;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Graphs;

/// <summary>Inputs of a graph and what it should make of them.</summary>
/// <param name="Inputs">By name; a graph may have fewer.</param>
/// <param name="Outputs">What the model says of the same sequences without padding: a row per token or per sequence.</param>
/// <param name="Lengths">Tokens of each sequence that the outputs are of.</param>
internal sealed record GraphExample(IReadOnlyDictionary<string, OnnxArray> Inputs, IReadOnlyList<(string Name, Tensor Values)> Outputs, IReadOnlyList<int> Lengths)
{
    /// <summary>Sequences of different lengths [B, T], padded on the right with zeros.</summary>
    public static OnnxArray Padded(IReadOnlyList<int[]> sequences) => Joined<long>([.. sequences.Select(ids => ids.Select(id => (long)id).ToArray())]);

    /// <summary>1 where sequences have tokens [B, T].</summary>
    public static OnnxArray Mask(IReadOnlyList<int[]> sequences) => Joined<long>([.. sequences.Select(ids => ids.Select(_ => 1L).ToArray())]);

    /// <summary>States [B, T, C] of states [N, C] of the tokens of sequences.</summary>
    public static OnnxArray Padded(Tensor states, IReadOnlyList<int[]> sequences)
    {
        int width = (int)states.Shape[1];
        float[] values = states.ToArray();
        List<float[]> rows = [];
        foreach (int[] ids in sequences)
        {
            int start = rows.Sum(row => row.Length);
            rows.Add(values[start..(start + (ids.Length * width))]);
        }

        OnnxArray<float> flat = Joined(rows);
        return flat.With([sequences.Count, flat.Extents[1] / width, width]);
    }

    /// <summary>The sequences as models take them.</summary>
    public static TokenBatch Flat(Device device, IReadOnlyList<int[]> sequences)
    {
        List<int> starts = [0];
        foreach (int[] ids in sequences)
        {
            starts.Add(starts[^1] + ids.Length);
        }

        return TokenBatch.Create(device, [.. sequences.SelectMany(ids => ids)], [.. sequences.SelectMany(ids => Enumerable.Range(0, ids.Length))], [.. starts]);
    }

    /// <summary>The rows of the tokens behind the first ones of each sequence.</summary>
    public static Tensor Behind(Tensor rows, IReadOnlyList<int[]> sequences, int first)
    {
        List<int> kept = [];
        int start = 0;
        foreach (int[] ids in sequences)
        {
            kept.AddRange(Enumerable.Range(start + first, ids.Length - first));
            start += ids.Length;
        }

        return rows.Embedding(rows.Device.From([.. kept], [kept.Count]));
    }

    /// <summary>The numbers of an output without those of padding.</summary>
    public float[] WithoutPadding(Tensor expected, float[] found)
    {
        int longest = Lengths.Max();
        if (expected.Shape[0] != Lengths.Sum() || expected.Shape[0] == Lengths.Count)
        {
            return found;
        }

        int width = found.Length / (Lengths.Count * longest);
        return [.. Lengths.SelectMany((length, row) => found.AsSpan(row * longest * width, length * width).ToArray())];
    }

    private static OnnxArray<T> Joined<T>(List<T[]> rows)
        where T : struct
    {
        int longest = rows.Max(row => row.Length);
        return new OnnxArray<T>([rows.Count, longest], [.. rows.SelectMany(row => row.Concat(Enumerable.Repeat(default(T), longest - row.Length)))]);
    }
}
