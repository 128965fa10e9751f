using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Adapters.Tests;

/// <summary>Damaged files of adapters are refused with a typed error or open.</summary>
public sealed class HostileAdapterTests : IDisposable
{
    private const string Config =
        """{"model_type": "llama", "vocab_size": 12, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "tie_word_embeddings": true}""";

    // Files are damaged by the thousand: in memory, where there is such a file system.
    private readonly string _folder = Directory.Exists("/dev/shm") ? Path.Combine("/dev/shm", $"attune-{Guid.NewGuid():n}") : Directory.CreateTempSubdirectory("attune-").FullName;
    private readonly Tensors.Device _device = new(new ReferenceBackend());
    private readonly CausalLmModel _model;

    public HostileAdapterTests()
    {
        Directory.CreateDirectory(_folder);
        _model = CausalLmLoader.Create(_device, ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(Config), "config.json"), 3, new WeightOptions());
    }

    public static TheoryData<string, bool> Cases => new()
    {
        { AdapterFolder.ConfigName, false },
        { AdapterFolder.TensorsName, false },
        { AdapterFolder.PickledTensorsName, false },
        { AdapterFolder.ConfigName, true },
        { MlxAdapterFolder.TensorsName, true },
    };

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Damaged_files_are_refused_or_open(string name, bool mlx) => Check(name, mlx, Fuzz.Quick);

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Cases))]
    public void Many_damaged_files_are_refused_or_open(string name, bool mlx) => Check(name, mlx, Fuzz.Slow);

    private void Check(string name, bool mlx, int count)
    {
        var options = new LoraOptions { R = 2, TargetModules = new TargetSpec(["q_proj", "down_proj"]), AlphaPattern = [KeyValuePair.Create("q_proj", 2.0)] };
        using (Lora adapter = Lora.Create(_model, options, seed: 1))
        {
            if (mlx)
            {
                MlxAdapterFolder.Write(adapter, _folder);
            }
            else
            {
                AdapterFolder.Write(adapter, _folder);
            }
        }

        string path = Path.Combine(_folder, name);
        if (name == AdapterFolder.PickledTensorsName)
        {
            string tensors = Path.Combine(_folder, AdapterFolder.TensorsName);
            using (SafetensorsFile source = SafetensorsFile.Open(tensors))
            {
                PickledWeights.Write(path, source);
            }

            File.Delete(tensors);
        }

        Fuzz.Run<ModelFileException>(File.ReadAllBytes(path), count, mutant =>
        {
            File.WriteAllBytes(path, mutant);
            try
            {
                AdapterFolder.Open(_folder, _model).Dispose();
            }
            catch (AdapterException)
            {
                // The other error that such a folder may end in.
            }
        });
    }
}
