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

    private ExportedModel(string name)
    {
        Folder = Goldens.Require(["families", .. name.Split('/')]);
        Config = ModelConfig.Load(Path.Combine(Folder, "config.json"));
        Io = SafetensorsFile.Open(Path.Combine(Folder, "io.safetensors"));
    }

    public string Folder { get; }

    public ModelConfig Config { get; }

    public ITensorSource Io { get; }

    /// <summary>Exports a case of the folder <c>families</c>.</summary>
    public static ExportedModel Write(string name)
    {
        var exported = new ExportedModel(name);
        using var backend = new CpuBackend();
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(exported.Folder, "model.safetensors"));
        OnnxExport.Write(exported._folder.Path, backend, exported.Config, device => AnyModelLoader.Load(device, exported.Config, weights, new WeightOptions()).Model);
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

    /// <summary>Compares the written files with the model, as the tool does before it keeps them.</summary>
    public OnnxComparison Compare(params int[][] sequences)
    {
        using var backend = new CpuBackend();
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(Folder, "model.safetensors"));
        using var device = new Device(backend);
        return OnnxComparison.Of(_folder.Path, AnyModelLoader.Load(device, Config, weights, new WeightOptions()).Model, sequences);
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
