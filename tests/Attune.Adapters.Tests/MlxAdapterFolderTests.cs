using System.Text.Json.Nodes;
using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Adapters.Tests;

/// <summary>Adapters in the folders of mlx-lm.</summary>
public sealed class MlxAdapterFolderTests : IDisposable
{
    private const string Config =
        """
        {"model_type": "llama", "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
         "tie_word_embeddings": true}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("attune-mlx-").FullName;
    private readonly Device _device = new(new ReferenceBackend());
    private readonly CausalLmModel _model;

    public MlxAdapterFolderTests() => _model = CausalLmLoader.Create(_device, ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(Config), "config.json"), 3, new WeightOptions());

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_what_it_wrote(bool rslora)
    {
        float[] plain = Logits();
        float[] expected;
        var options = new LoraOptions
        {
            R = 3,
            LoraAlpha = 7,
            LoraDropout = 0.1,
            UseRslora = rslora,
            TargetModules = new TargetSpec(["q_proj", "down_proj", "embed_tokens"]),
            LayersToTransform = [1, 2],
            AlphaPattern = [KeyValuePair.Create("layers.2.self_attn.q_proj", 2.0)],
        };
        using (Lora adapter = Lora.Create(_model, options with { LayersToTransform = null }, seed: 1))
        {
            Randomise(adapter);
            expected = Logits();
            Assert.NotEqual(plain, expected);
            MlxAdapterFolder.Write(adapter, _folder);
        }

        Assert.Equal(plain, Logits());
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "adapter_config.json")))!;
        Assert.Equal("lora", (string?)config["fine_tune_type"]);
        Assert.Equal(3, (int)config["num_layers"]!);
        Assert.Equal(["mlp.down_proj", "model.embed_tokens", "self_attn.q_proj"], config["lora_parameters"]!["keys"]!.AsArray().Select(key => (string)key!));
        using (SafetensorsFile tensors = SafetensorsFile.Open(Path.Combine(_folder, MlxAdapterFolder.TensorsName)))
        {
            Assert.Equal([24, 3], tensors.Info("model.layers.0.mlp.down_proj.lora_a").Shape.ToArray());
            Assert.Equal([3, 16], tensors.Info("model.layers.0.mlp.down_proj.lora_b").Shape.ToArray());
            Assert.Equal([40, 3], tensors.Info("model.embed_tokens.lora_a").Shape.ToArray());
        }

        using Adapter opened = AdapterFolder.Open(_folder, _model);
        float[] found = Logits();
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void Computes_what_mlx_computes()
    {
        // y = W x + scale (x lora_a) lora_b, with matrices that are small enough to see through.
        float[] a = new float[16];
        float[] b = new float[16];
        (a[2], b[5]) = (0.5f, 4);
        WriteFolder("lora", 10, ("model.layers.1.self_attn.o_proj.lora_a", [16, 1], a), ("model.layers.1.self_attn.o_proj.lora_b", [1, 16], b));
        Linear layer = _model.Modules().OfType<Linear>().Single(module => module.Name == "model.layers.1.self_attn.o_proj");
        using StepScope scope = _device.Scope();
        float[] x = [.. Enumerable.Range(0, 16).Select(i => i * 0.25f)];
        float[] before = layer.Forward(_device.From(x, [1, 16])).ToArray();
        using Adapter adapter = AdapterFolder.Open(_folder, _model);
        float[] after = layer.Forward(_device.From(x, [1, 16])).ToArray();
        for (int i = 0; i < after.Length; i++)
        {
            Assert.Equal(before[i] + (i == 5 ? 10 * (x[2] * 0.5f) * 4 : 0), after[i], 1e-4);
        }
    }

    [Fact]
    public void What_is_no_LoRA_is_refused_by_name()
    {
        float[] values = new float[16];
        WriteFolder("dora", 1, ("model.layers.0.self_attn.o_proj.lora_a", [16, 1], values));
        Assert.Contains("'dora'", Refusal(), StringComparison.Ordinal);
        WriteFolder("lora", 1, ("model.layers.0.self_attn.o_proj.lora_a", [16, 1], values), ("model.layers.0.self_attn.o_proj.m", [16], values));
        Assert.Contains("DoRA", Refusal(), StringComparison.Ordinal);
        WriteFolder("lora", 1, ("model.layers.0.self_attn.o_proj.lora_a", [16, 1], values));
        Assert.Contains("missing: base_model.model.model.layers.0.self_attn.o_proj.lora_B.weight", Refusal(), StringComparison.Ordinal);
        WriteFolder("lora", 1, ("model.layers.9.self_attn.o_proj.lora_a", [16, 1], values));
        Assert.Contains("nothing in the model matches", Refusal(), StringComparison.Ordinal);
        WriteFolder("lora", 1, ("model.layers.0.self_attn.o_proj.lora_a", [4, 4], values), ("model.layers.0.self_attn.o_proj.lora_b", [1, 16], values));
        Assert.Contains("wrong shape", Refusal(), StringComparison.Ordinal);
        using Lora adapter = Lora.Create(_model, new LoraOptions { ModulesToSave = ["lm_head"] }, seed: 1);
        Assert.Contains("low-rank updates only", Assert.Throws<AdapterException>(() => MlxAdapterFolder.Write(adapter, _folder)).Message, StringComparison.Ordinal);
    }

    private string Refusal() => Assert.Throws<AdapterException>(() => AdapterFolder.Open(_folder, _model)).Message;

    private void WriteFolder(string type, double scale, params (string Name, Shape Shape, float[] Values)[] tensors)
    {
        File.WriteAllText(
            Path.Combine(_folder, "adapter_config.json"),
            new JsonObject { ["fine_tune_type"] = type, ["num_layers"] = 2, ["lora_parameters"] = new JsonObject { ["rank"] = 1, ["scale"] = scale, ["dropout"] = 0.0 } }.ToJsonString());
        using SafetensorsWriter writer = SafetensorsWriter.Create(Path.Combine(_folder, MlxAdapterFolder.TensorsName), tensors.Select(tensor => new TensorInfo(tensor.Name, DType.F32, tensor.Shape)));
        foreach ((string name, _, float[] values) in tensors)
        {
            writer.Write<float>(name, values);
        }

        writer.Commit();
    }

    private static void Randomise(Lora adapter)
    {
        var random = new Random(4);
        foreach (Parameter parameter in adapter.Trainable)
        {
            parameter.Value!.CopyFrom<float>(Enumerable.Range(0, (int)parameter.Count).Select(_ => (float)random.NextDouble() - 0.5f).ToArray());
        }
    }

    private float[] Logits()
    {
        using StepScope scope = _device.Scope();
        return _model.Logits(new ForwardPass(TokenBatch.Create(_device, [1, 5, 9, 33], [0, 1, 2, 3], [0, 4]))).ToArray();
    }
}
