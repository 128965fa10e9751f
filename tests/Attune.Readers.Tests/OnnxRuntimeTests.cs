using System.Text.Json.Nodes;
using Attune.Export.Onnx;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Readers.Tests;

/// <summary>onnxruntime-web opens the graphs that were written and gives the same numbers.</summary>
[Trait("Category", "Golden")]
public sealed class OnnxRuntimeTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_family_of_the_reference_gives_its_numbers()
    {
        string root = Goldens.Require("families");
        List<GraphCase> cases = [];
        string[] kinds = ["causal", .. Directory.EnumerateDirectories(Path.Combine(root, "encoders")), "seq2seq"];
        foreach (string folder in kinds.SelectMany(kind => Directory.EnumerateDirectories(Path.Combine(root, kind))).Order(StringComparer.Ordinal))
        {
            ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
            if (config.Rope().FindString("rope_type") is "dynamic" or "longrope")
            {
                continue;
            }

            SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
            cases.AddRange(Write(Directory.CreateDirectory(_folder[$"{cases.Count}"]).FullName, folder, config).SelectMany(path => GraphCase.Of(Path.GetRelativePath(root, folder), path, io)));
        }

        Assert.True(cases.Count > 60, $"only {cases.Count} cases were found");
        JsonArray answers = Readers.Node("onnx", new JsonArray([.. cases.Select(entry => entry.Job())])).AsArray();
        foreach ((GraphCase entry, JsonNode? answer) in cases.Zip(answers))
        {
            entry.Compare(answer!.AsObject(), Tolerance);
        }

        cases.ForEach(entry => entry.Io.Dispose());
    }

    [Fact]
    public void Decoders_go_on_from_their_past()
    {
        const int Border = 7;
        List<PastCase> cases = [];
        foreach (string folder in Directory.EnumerateDirectories(Goldens.Require("families", "causal")).Order(StringComparer.Ordinal))
        {
            ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
            if (config.Rope().FindString("rope_type") is "dynamic" or "longrope" || config.ModelType == "mamba2")
            {
                continue;
            }

            SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
            string path = Write(Directory.CreateDirectory(_folder[$"{cases.Count}"]).FullName, folder, config, withPast: true).Single();
            cases.Add(new PastCase(Path.GetFileName(folder), path, io, cases.Count % 2 == 0 ? "left." : "right."));
        }

        JsonArray first = Readers.Node("onnx", new JsonArray([.. cases.Select(entry => entry.Job(0, Border, null))])).AsArray();
        JsonArray second = Readers.Node("onnx", new JsonArray([.. cases.Zip(first, (entry, left) => entry.Job(Border, Width(entry), left!.AsObject()))])).AsArray();
        foreach ((PastCase entry, JsonNode? start, JsonNode? end) in cases.Zip(first, second))
        {
            entry.Compare(start!.AsObject(), 0, Border, Tolerance);
            entry.Compare(end!.AsObject(), Border, Width(entry), Tolerance);
            entry.Io.Dispose();
        }

        static int Width(PastCase entry) => (int)entry.Io.Info($"{entry.Prefix}input_ids").Shape[1];
    }

    [Fact]
    public void MiniLM_gives_the_numbers_of_the_model()
    {
        string folder = Goldens.RequireModel("all-MiniLM-L6-v2");
        using ModelFile file = ModelFile.Open(folder);
        Check(file, (network, pass) => ((EncoderModel)network).Hidden(pass), "last_hidden_state");
    }

    [Theory]
    [InlineData(OnnxWriter.LargestEmbeddedBytes)]
    [InlineData(0)]
    public void The_model_of_this_repository_gives_its_numbers(long largestEmbeddedBytes)
    {
        using ModelFile file = ModelFile.Open(Path.Combine(Repository.Root, "models", "attune-base"));
        Check(file, (network, pass) => ((CausalLmModel)network).Logits(pass), "logits", largestEmbeddedBytes);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void SmolLM2_gives_the_numbers_of_the_model()
    {
        string folder = Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF");
        using ModelFile file = ModelFile.Open(Directory.EnumerateFiles(folder, "*.gguf").Single());
        Check(file, (network, pass) => ((CausalLmModel)network).Logits(pass), "logits");
    }

    private static IReadOnlyList<string> Write(string output, string folder, ModelConfig config, bool withPast = false)
    {
        using var backend = new CpuBackend();
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return OnnxExport.Write(output, backend, config, device => AnyModelLoader.Load(device, config, weights, new WeightOptions()).Model, withPast);
    }

    private void Check(ModelFile file, Func<Network, ForwardPass, Tensor> run, string output, long largestEmbeddedBytes = OnnxWriter.LargestEmbeddedBytes)
    {
        int[][] sequences = [[.. Enumerable.Range(0, 17).Select(i => 100 + (i * 137 % 3000))], [.. Enumerable.Range(0, 9).Select(i => 50 + (i * 211 % 3000))]];
        int longest = sequences.Max(ids => ids.Length);
        using var backend = new CpuBackend();
        string path = OnnxExport.Write(_folder.Path, backend, file.Config, Load).Single();
        if (largestEmbeddedBytes < OnnxWriter.LargestEmbeddedBytes)
        {
            using OnnxFile whole = OnnxFile.Open(path);
            OnnxWriter.Write(path = _folder["apart.onnx"], whole.Model, largestEmbeddedBytes);
        }

        using var device = new Device(backend);
        Network network = Load(device);
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        float[] expected = run(network, new ForwardPass(TokenBatch.Create(device, [.. sequences.SelectMany(ids => ids)], [.. sequences.SelectMany(ids => Enumerable.Range(0, ids.Length))], [0, 17, 26]))).ToArray();
        int[] mask = [.. sequences.SelectMany(ids => Enumerable.Range(0, longest).Select(i => i < ids.Length ? 1 : 0))];
        int[] padded = [.. sequences.SelectMany(ids => Enumerable.Range(0, longest).Select(i => i < ids.Length ? ids[i] : 0))];
        using OnnxFile written = OnnxFile.Open(path);
        JsonNode answer = Readers.Node("onnx", new JsonArray(GraphCase.Job(path, written.Model.Inputs.ToDictionary(
            input => input.Name, input => GraphCase.Integers([2, longest], input.Name == "input_ids" ? padded : input.Name == "attention_mask" ? mask : new int[mask.Length])))))[0]!;
        Assert.True(answer["error"] is null, $"{answer["error"]}");
        float[] found = GraphCase.Floats(answer[output]!);
        int width = found.Length / mask.Length;
        GoldenArrays.Close(expected, [.. found.Where((_, i) => mask[i / width] == 1)], Tolerance * Math.Max(1, GoldenArrays.LargestAbsolute(expected)), output);

        Network Load(Device device) => AnyModelLoader.Load(device, file.Config, file.Tensors, new WeightOptions()).Model;
    }
}
