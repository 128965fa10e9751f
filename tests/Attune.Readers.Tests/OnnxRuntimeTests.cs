using System.Runtime.InteropServices;
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
        List<(string Name, string Prefix, SafetensorsFile Io)> cases = [];
        var request = new JsonArray();
        foreach (string folder in Directory.EnumerateDirectories(Path.Combine(root, "causal")).Concat(Directory.EnumerateDirectories(Path.Combine(root, "encoders"), "*").SelectMany(Directory.EnumerateDirectories)).Order(StringComparer.Ordinal))
        {
            ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
            if (OnnxExport.UnsupportedFamilies.Contains(config.ModelType) || config.Rope().FindString("rope_type") is "dynamic" or "longrope" || Path.GetFileName(folder) == "multichoice")
            {
                continue;
            }

            string path = _folder[$"{cases.Count}.onnx"];
            Write(path, folder, config);
            SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
            foreach (string prefix in new[] { "", "left.", "right." }.Where(prefix => io.Contains($"{prefix}input_ids")))
            {
                cases.Add((Path.GetRelativePath(root, folder), prefix, io));
                request.Add(Job(path, io.Info($"{prefix}input_ids").Shape.ToArray(), name => io.Contains(prefix + name) ? io.ReadInts(prefix + name) : null));
            }
        }

        Assert.True(cases.Count > 60, $"only {cases.Count} cases were found");
        JsonArray answers = Readers.Node("onnx", request).AsArray();
        foreach (((string name, string prefix, SafetensorsFile io), JsonNode? answer) in cases.Zip(answers))
        {
            Assert.True(answer!["error"] is null, $"{name}: {answer["error"]}");
            Compare(name, prefix, io, answer.AsObject());
        }

        cases.ForEach(entry => entry.Io.Dispose());
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

    private static void Write(string path, string folder, ModelConfig config)
    {
        using var backend = new CpuBackend();
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        OnnxExport.Write(path, backend, config, device => AnyModelLoader.Load(device, config, weights, new WeightOptions()).Model);
    }

    private static void Compare(string name, string prefix, SafetensorsFile io, JsonObject outputs)
    {
        int[] mask = io.ReadInts($"{prefix}attention_mask");
        Assert.NotEmpty(outputs);
        foreach ((string output, JsonNode? node) in outputs)
        {
            float[] expected = io.ReadFloat32(prefix + output);
            float[] found = Floats(node!);
            int width = expected.Length / mask.Length;
            int[] counted = [.. Enumerable.Range(0, expected.Length).Where(i => expected.Length % mask.Length != 0 || (long?)node!["extents"]![1] != io.Info($"{prefix}input_ids").Shape[1] || mask[i / width] == 1)];
            Assert.Equal(expected.Length, found.Length);
            GoldenArrays.Close([.. counted.Select(i => expected[i])], [.. counted.Select(i => found[i])], Tolerance, $"{name} {prefix}{output}");
        }
    }

    private void Check(ModelFile file, Func<Network, ForwardPass, Tensor> run, string output, long largestEmbeddedBytes = OnnxWriter.LargestEmbeddedBytes)
    {
        int[][] sequences = [[.. Enumerable.Range(0, 17).Select(i => 100 + (i * 137 % 3000))], [.. Enumerable.Range(0, 9).Select(i => 50 + (i * 211 % 3000))]];
        int longest = sequences.Max(ids => ids.Length);
        string path = _folder["model.onnx"];
        using var backend = new CpuBackend();
        OnnxExport.Write(path, backend, file.Config, Load);
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
        JsonNode answer = Readers.Node("onnx", new JsonArray(Job(path, [2, longest], name => name == "input_ids" ? padded : name == "attention_mask" ? mask : null)))[0]!;
        Assert.True(answer["error"] is null, $"{answer["error"]}");
        float[] found = Floats(answer[output]!);
        int width = found.Length / mask.Length;
        GoldenArrays.Close(expected, [.. found.Where((_, i) => mask[i / width] == 1)], Tolerance * Math.Max(1, GoldenArrays.LargestAbsolute(expected)), output);

        Network Load(Device device) => AnyModelLoader.Load(device, file.Config, file.Tensors, new WeightOptions()).Model;
    }

    private static JsonObject Job(string path, long[] extents, Func<string, int[]?> input)
    {
        using OnnxFile file = OnnxFile.Open(path);
        var inputs = new JsonObject();
        foreach (OnnxValue value in file.Model.Inputs)
        {
            int[] values = input(value.Name) ?? [.. Enumerable.Repeat(value.Name == "attention_mask" ? 1 : 0, (int)(extents[0] * extents[1]))];
            inputs[value.Name] = new JsonArray([.. values.Select(number => (JsonNode)number)]);
        }

        string contents = OnnxWriter.ContentsPath(path);
        return new JsonObject
        {
            ["path"] = path,
            ["contents"] = File.Exists(contents) ? contents : null,
            ["extents"] = new JsonArray([.. extents.Select(extent => (JsonNode)extent)]),
            ["inputs"] = inputs,
        };
    }

    private static float[] Floats(JsonNode output) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)output["values"]!)).ToArray();
}
