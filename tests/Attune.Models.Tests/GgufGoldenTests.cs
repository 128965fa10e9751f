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
    public void Old_files_hold_what_makes_keys_and_values_as_one_matrix()
    {
        string folder = Goldens.Require("families", "causal", "deepseek_v3");
        using ModelFile model = ModelFile.Open(folder);
        ModelFile.WriteGguf(_folder["new.gguf"], model.Config, model.Tensors, KnownGgufTypes.F32);
        using (GgufFile file = GgufFile.Open(_folder["new.gguf"]))
        {
            var metadata = new GgufMetadata();
            foreach ((string key, object value) in file.Metadata.Pairs.Where(pair => !pair.Key.EndsWith("_mla", StringComparison.Ordinal)))
            {
                metadata[key] = value;
            }

            (metadata["deepseek2.attention.key_length"], metadata["deepseek2.attention.value_length"], metadata["deepseek2.attention.head_count_kv"]) = (12u, 10u, 4u);
            GgufTensor[] kept = [.. file.Tensors.Where(tensor => !tensor.Name.EndsWith("attn_k_b.weight", StringComparison.Ordinal) && !tensor.Name.EndsWith("attn_v_b.weight", StringComparison.Ordinal))];
            GgufTensor[] whole = [.. Enumerable.Range(0, 3).Select(layer => new GgufTensor($"blk.{layer}.attn_kv_b.weight", [72, 12], KnownGgufTypes.F32))];
            using GgufWriter writer = GgufWriter.Create(_folder["old.gguf"], metadata, [.. kept, .. whole]);
            foreach (GgufTensor tensor in kept)
            {
                writer.WriteRaw(tensor.Name, 0, file.ReadBytes(tensor.Name));
            }

            for (int layer = 0; layer < whole.Length; layer++)
            {
                writer.WriteRaw(whole[layer].Name, 0, model.Tensors.ReadBytes($"model.layers.{layer}.self_attn.kv_b_proj.weight"));
            }

            writer.Commit();
        }

        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        PaddedBatch batch = PaddedBatch.Read(io, "right.");
        using ModelFile old = ModelFile.Open(_folder["old.gguf"]);
        GoldenArrays.Close(batch.Select(io.ReadFloat32("right.logits")), Logits(batch, old.Config, old.Tensors), GoldenCase.LogitsTolerance, "logits");
    }

    [Fact]
    public void Latent_attention_with_stretched_positions_says_how_scores_grow()
    {
        using ModelFile model = ModelFile.Open(Goldens.Require("families", "causal", "deepseek_v3"));
        ModelConfig Stretched(double scale) => model.Config.With("rope_parameters", new JsonObject
        {
            ["rope_type"] = "yarn",
            ["rope_theta"] = 100.0,
            ["factor"] = 4.0,
            ["original_max_position_embeddings"] = 16,
            ["mscale"] = scale,
            ["mscale_all_dim"] = 0.7,
        });
        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(Goldens.Require("families", "causal", "deepseek_v3"), "io.safetensors"));
        PaddedBatch batch = PaddedBatch.Read(io, "right.");
        ModelFile.WriteGguf(_folder["model.gguf"], Stretched(0.7), model.Tensors, KnownGgufTypes.F32);
        using ModelFile gguf = ModelFile.Open(_folder["model.gguf"]);
        GoldenArrays.Close(Logits(batch, Stretched(0.7), model.Tensors), Logits(batch, gguf.Config, gguf.Tensors), GoldenCase.LogitsTolerance, "logits");
        Assert.Contains("'mscale'", Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(_folder["other.gguf"], Stretched(1), model.Tensors, KnownGgufTypes.F32)).Message);
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
