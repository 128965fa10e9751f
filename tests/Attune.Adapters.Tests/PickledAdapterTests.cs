using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Adapters.Tests;

/// <summary>Adapters as older versions of PEFT saved them: their tensors in <c>adapter_model.bin</c>.</summary>
public sealed class PickledAdapterTests : IDisposable
{
    private const string Config =
        """{"model_type": "llama", "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "tie_word_embeddings": true}""";

    private readonly TemporaryFolder _folder = new();
    private readonly Device _device = new(new ReferenceBackend());
    private readonly CausalLmModel _model;

    public PickledAdapterTests() => _model = CausalLmLoader.Create(_device, ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(Config), "config.json"), 3, new WeightOptions());

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Opens_as_the_same_tensors_in_safetensors_do()
    {
        (string Name, float[] Values)[] expected = Write();
        Pickle();
        using Adapter opened = AdapterFolder.Open(_folder.Path, _model);
        Assert.Equal(expected.Select(tensor => tensor.Name), opened.Trainable.Select(opened.FileName));
        Assert.Equal(expected.Select(tensor => tensor.Values), opened.Trainable.Select(parameter => parameter.Value!.ToArray()));
    }

    [Fact]
    public void Anything_but_tensors_is_refused()
    {
        Write();
        File.Delete(_folder[AdapterFolder.TensorsName]);
        File.WriteAllBytes(_folder[AdapterFolder.PickledTensorsName], [0x80, 2, .. "cos\nsystem\n(X\u0002\0\0\0lstR."u8]);
        Assert.Contains(AdapterFolder.PickledTensorsName, Assert.Throws<ModelFileException>(() => AdapterFolder.Open(_folder.Path, _model)).Message, StringComparison.Ordinal);
    }

    private (string Name, float[] Values)[] Write()
    {
        using Lora adapter = Lora.Create(_model, new LoraOptions { R = 2, TargetModules = new TargetSpec(["q_proj", "down_proj"]) }, seed: 1);
        AdapterFolder.Write(adapter, _folder.Path);
        return [.. adapter.Trainable.Select(parameter => (adapter.FileName(parameter), parameter.Value!.ToArray()))];
    }

    private void Pickle()
    {
        using (SafetensorsFile tensors = SafetensorsFile.Open(_folder[AdapterFolder.TensorsName]))
        {
            PickledWeights.Write(_folder[AdapterFolder.PickledTensorsName], tensors);
        }

        File.Delete(_folder[AdapterFolder.TensorsName]);
    }
}
