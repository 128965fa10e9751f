using Attune.Export.Onnx;
using Attune.Export.Onnx.Evaluation;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Export.Tests;

/// <summary>A model of the reference values as ONNX files, which are deleted at the end.</summary>
internal sealed class ExportedModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private readonly bool _withPast;

    private ExportedModel(string name, bool withPast)
    {
        _withPast = withPast;
        Folder = Goldens.Require(["families", .. name.Split('/')]);
        Config = ModelConfig.Load(Path.Combine(Folder, "config.json"));
        Io = SafetensorsFile.Open(Path.Combine(Folder, "io.safetensors"));
    }

    public string Folder { get; }

    public ModelConfig Config { get; }

    public ITensorSource Io { get; }

    /// <summary>Exports a case of the folder <c>families</c>.</summary>
    public static ExportedModel Write(string name, bool withPast = false)
    {
        var exported = new ExportedModel(name, withPast);
        using var backend = new CpuBackend();
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(exported.Folder, "model.safetensors"));
        OnnxExport.Write(exported._folder.Path, backend, exported.Config, device => AnyModelLoader.Load(device, exported.Config, weights, new WeightOptions()).Model, withPast);
        return exported;
    }

    /// <summary>Computes the written file on the padded inputs of the reference values.</summary>
    public IReadOnlyDictionary<string, OnnxArray> Run(string prefix)
    {
        long[] extents = Io.Info($"{prefix}input_ids").Shape.ToArray();
        return Run("model.onnx", name => Io.Contains(prefix + name) ? Integers(prefix + name) : Same(name == "attention_mask" ? 1 : 0));

        OnnxArray Same(long value) => new OnnxArray<long>(extents, [.. Enumerable.Repeat(value, (int)extents.Aggregate(1L, (count, extent) => count * extent))]);
    }

    /// <summary>Computes one of the written files.</summary>
    public IReadOnlyDictionary<string, OnnxArray> Run(string fileName, Func<string, OnnxArray> input)
    {
        using OnnxFile file = OnnxFile.Open(_folder[fileName]);
        return OnnxEvaluator.Run(file.Model, file.Model.Inputs.ToDictionary(value => value.Name, value => input(value.Name)));
    }

    /// <summary>Some of the columns of [B, T] integers.</summary>
    public static OnnxArray Columns(OnnxArray integers, int from, int to)
    {
        long[] values = ((OnnxArray<long>)integers).Values;
        (int rows, int width) = ((int)integers.Extents[0], (int)integers.Extents[1]);
        return new OnnxArray<long>([rows, to - from], [.. Enumerable.Range(0, rows).SelectMany(row => values[((row * width) + from)..((row * width) + to)])]);
    }

    /// <summary>Logits [B, T, V] of the padded inputs, read in pieces that end before the places, each with what the one before it left.</summary>
    public float[] RunInPieces(string prefix, params int[] ends)
    {
        long[] extents = Io.Info($"{prefix}input_ids").Shape.ToArray();
        int rows = (int)extents[0];
        var logits = new List<float>[rows];
        IReadOnlyDictionary<string, OnnxArray> left = new Dictionary<string, OnnxArray>();
        int start = 0;
        foreach (int end in ends)
        {
            left = Run("model.onnx", name => name switch
            {
                "input_ids" => Columns(Integers($"{prefix}input_ids"), start, end),
                "attention_mask" => Columns(Integers($"{prefix}attention_mask"), 0, end),
                _ => left.GetValueOrDefault(name.Replace("past_key_values.", "present.", StringComparison.Ordinal)) ?? Nothing(name),
            });
            float[] found = ((OnnxArray<float>)left["logits"]).Values;
            for (int row = 0; row < rows; row++)
            {
                (logits[row] ??= []).AddRange(found.AsSpan(found.Length / rows * row, found.Length / rows).ToArray());
            }

            start = end;
        }

        return [.. logits.SelectMany(row => row)];

        OnnxArray Nothing(string name)
        {
            using OnnxFile file = OnnxFile.Open(_folder["model.onnx"]);
            long[] of = [.. file.Model.Inputs.Single(input => input.Name == name).Extents.Select(extent => long.TryParse(extent, out long fixedExtent) ? fixedExtent : 0)];
            of[0] = rows;
            return new OnnxArray<float>(of, []);
        }
    }

    /// <summary>Compares the written files with the model, as the tool does before it keeps them.</summary>
    public OnnxComparison Compare(params int[][] sequences)
    {
        using var backend = new CpuBackend();
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(Folder, "model.safetensors"));
        using var device = new Device(backend);
        return OnnxComparison.Of(_folder.Path, AnyModelLoader.Load(device, Config, weights, new WeightOptions()).Model, sequences, _withPast);
    }

    /// <summary>Integers of the reference values.</summary>
    public OnnxArray Integers(string name) => new OnnxArray<long>(Io.Info(name).Shape.ToArray(), [.. Io.ReadInts(name).Select(value => (long)value)]);

    /// <summary>Up to how many positions the angles of a model do not depend on the length of the sequence: a graph has no others.</summary>
    public static int Positions(ModelConfig config)
    {
        ModelConfig rope = config.Rope();
        return rope.FindString("rope_type") switch
        {
            "dynamic" => config.GetPositive("max_position_embeddings"),
            "longrope" => rope.GetPositive("original_max_position_embeddings"),
            _ => int.MaxValue,
        };
    }

    /// <summary>Numbers of an output where the mask has tokens.</summary>
    public float[] Select(string prefix, float[] padded)
    {
        int[] mask = Io.Contains($"{prefix}attention_mask") ? Io.ReadInts($"{prefix}attention_mask") : [.. Io.ReadInts($"{prefix}input_ids").Select(_ => 1)];
        int width = padded.Length / mask.Length;
        return [.. Enumerable.Range(0, padded.Length).Where(i => mask[i / width] == 1).Select(i => padded[i])];
    }

    public void Dispose()
    {
        Io.Dispose();
        _folder.Dispose();
    }
}
