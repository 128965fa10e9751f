using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Kernels;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>Every decoder of the reference values whose architecture GGUF has: written as a GGUF file and opened again it gives the reference's logits.</summary>
[Trait("Category", "Golden")]
public sealed class GgufGoldenTests : IDisposable
{
    /// <summary>What some of the reference models have that no GGUF file can say, and what has it instead where there is such a thing.</summary>
    private static readonly Dictionary<string, (string Key, JsonNode? Instead)> Beyond = new()
    {
        ["falcon_rw"] = ("alibi", null),
        ["gpt_oss"] = ("swiglu_limit", 7),
        ["llama_dynamic"] = ("rope_type", null),
        ["smollm3"] = ("no_rope_layers", new JsonArray(1, 1, 1, 0)),
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => Goldens.Folders("families/causal");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void Logits_through_a_GGUF_file(string name)
    {
        string folder = Goldens.Require("families", "causal", name);
        using ModelFile model = ModelFile.Open(folder);
        Assert.SkipUnless(KnownGgufArchitectures.ByModelType(model.Config.ModelType) is not null, $"GGUF files have no architecture for {model.Config.ModelType}");
        string path = _folder["model.gguf"];
        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        PaddedBatch batch = PaddedBatch.Read(io, "right.");
        ModelConfig config = model.Config;
        float[] expected = batch.Select(io.ReadFloat32("right.logits"));
        if (Beyond.TryGetValue(name, out (string Key, JsonNode? Instead) beyond))
        {
            Assert.Contains($"{beyond.Key}'", Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(path, config, model.Tensors, KnownGgufTypes.F32)).Message);
            Assert.False(File.Exists(path));
            if (beyond.Instead is null)
            {
                return;
            }

            config = config.With(beyond.Key, beyond.Instead);
            expected = Logits(batch, config, model.Tensors);
        }

        ModelFile.WriteGguf(path, config, model.Tensors, KnownGgufTypes.F32);
        using ModelFile gguf = ModelFile.Open(path);
        Assert.Equal(config.ModelType, gguf.Config.ModelType);
        GoldenArrays.Close(expected, Logits(batch, gguf.Config, gguf.Tensors), GoldenCase.LogitsTolerance, "logits");
    }

    [Fact]
    public void What_a_file_lacks_or_has_in_another_shape_is_named()
    {
        using ModelFile model = ModelFile.Open(Goldens.Require("families", "causal", "gemma2"));
        ModelFile.WriteGguf(_folder["whole.gguf"], model.Config, model.Tensors, KnownGgufTypes.F32);
        using (GgufFile whole = GgufFile.Open(_folder["whole.gguf"]))
        {
            GgufTensor[] tensors = [.. whole.Tensors.Where(tensor => tensor.Name != "blk.1.attn_q.weight")
                .Select(tensor => tensor.Name == "blk.0.ffn_up.weight" ? tensor with { Shape = [tensor.Shape[1], tensor.Shape[0]] } : tensor)];
            using GgufWriter writer = GgufWriter.Create(_folder["part.gguf"], whole.Metadata, tensors);
            foreach (GgufTensor tensor in tensors)
            {
                writer.WriteRaw(tensor.Name, 0, whole.ReadBytes(tensor.Name));
            }

            writer.Commit();
        }

        using ModelFile part = ModelFile.Open(_folder["part.gguf"]);
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        string message = Assert.Throws<WeightException>(() => CausalLmLoader.Load(device, part.Config, part.Tensors, new WeightOptions())).Message;
        Assert.Contains(_folder["part.gguf"], message);
        Assert.Contains("missing: model.layers.1.self_attn.q_proj.weight", message);
        Assert.Contains("model.layers.0.mlp.up_proj.weight", message);
    }

    private static float[] Logits(PaddedBatch batch, ModelConfig config, ITensorSource tensors)
    {
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        CausalLmModel model = CausalLmLoader.Load(device, config, tensors, new WeightOptions());
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        return model.Logits(new ForwardPass(batch.ToDevice(device))).ToArray();
    }
}
