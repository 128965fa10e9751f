using System.Text.Json;
using Attune.Adapters;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;
using Attune.Training.Optimizers;

namespace Attune.Training.Tests;

[Trait("Category", "Golden")]
public sealed class LoraPlusGoldenTests
{
    private const double LossTolerance = 2e-5;
    private const double WeightTolerance = 1e-5;

    public static TheoryData<string> Backends => TestBackends.Names;

    [Theory]
    [MemberData(nameof(Backends))]
    public void Ten_steps_and_the_trained_adapter(string backendName)
    {
        string folder = Goldens.Require("training", "adapters", "lora_plus");
        using JsonDocument document = GoldenArrays.Json(Path.Combine(folder, "case.json"));
        JsonElement golden = document.RootElement;
        IBackend backend = TestBackends.Create(backendName);
        using var owned = backend as IDisposable;
        using var device = new Device(backend);
        string baseFolder = Goldens.Require(["training", "adapters", .. golden.GetProperty("base").GetString()!.Split('/')]);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(baseFolder, "model.safetensors"));
        CausalLmModel model = CausalLmLoader.Load(device, ModelConfig.Load(Path.Combine(baseFolder, "config.json")), weights, new WeightOptions { Training = true });
        using Adapter adapter = AdapterFolder.Open(Path.Combine(folder, "adapter"), model);
        var options = new OptimizerOptions
        {
            LearningRate = golden.GetProperty("loraplus").GetProperty("lr").GetDouble(),
            LoraplusLrRatio = golden.GetProperty("loraplus").GetProperty("ratio").GetDouble(),
            WeightDecay = golden.GetProperty("optimizer").GetProperty("weight_decay").GetDouble(),
        };
        using var optimizer = new AdamW(device, ParameterGroups.Create(adapter.Trainable, options));
        double[] expected = golden.GetProperty("losses").Doubles();
        for (int step = 0; step < expected.Length; step++)
        {
            using SafetensorsFile io = SafetensorsFile.Open(Goldens.Require("training", "adapters", "batches", $"lm_{step % 2}.safetensors"));
            foreach (Parameter parameter in adapter.Trainable)
            {
                parameter.Value!.ZeroGrad();
            }

            using StepScope scope = device.Scope();
            (Tensor sum, int targets) = PaddedBatch.Read(io, string.Empty).Loss(model);
            device.Tape.Backward(sum, 1.0 / targets);
            Assert.Equal(expected[step], sum.Item() / targets, LossTolerance);
            optimizer.Step(options.LearningRate, 1);
        }

        using SafetensorsFile trained = SafetensorsFile.Open(Path.Combine(folder, "adapter_trained", AdapterFolder.TensorsName));
        foreach (Parameter parameter in adapter.Trainable)
        {
            GoldenArrays.Close(trained.ReadFloat32(adapter.FileName(parameter)), parameter.Value!.ToArray(), WeightTolerance, parameter.Name);
        }
    }
}
