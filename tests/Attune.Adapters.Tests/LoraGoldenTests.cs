using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Adapters.Tests;

/// <summary>Every LoRA case of the reference values: logits, gradients, counts, ten losses, the saved folder, merged weights. Tolerances are those of their README.</summary>
[Trait("Category", "Golden")]
public sealed class LoraGoldenTests
{
    /// <summary>A tensor whose gradients are below this share of the largest one has none but rounding.</summary>
    private const double GradientNoise = 1e-6;

    private const double LogitsTolerance = 1e-5;
    private const double LossTolerance = 2e-6;
    private const double GradientTolerance = 5e-6;
    private const double TrainingLossTolerance = 2e-5;
    private const double WeightTolerance = 1e-5;

    /// <summary>Weights after ten steps that differ by rounding give logits that differ a little more than those of equal weights.</summary>
    private const double TrainedLogitsTolerance = 1e-4;

    private const double MergedTolerance = 5e-7;

    public static TheoryData<string, string> Cases
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string name in Goldens.Folders("training/adapters", "lora_*").Select(row => row.Data))
            {
                foreach (string backend in TestBackends.Names.Select(row => row.Data))
                {
                    rows.Add(name, backend);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_loss_and_gradients(string name, string backend)
    {
        using GoldenAdapter golden = GoldenAdapter.Open(name, backend);
        GoldenArrays.Close(golden.Tokens(golden.Outputs, "logits", 0), golden.Logits(0), LogitsTolerance, "logits");
        double loss = golden.Backward(0);
        double expectedLoss = golden.Case.GetProperty("loss").GetDouble();
        Assert.Equal(expectedLoss, loss, LossTolerance * expectedLoss);
        using SafetensorsFile gradients = SafetensorsFile.Open(Path.Combine(golden.Folder, "grads.safetensors"));
        double largest = gradients.Names.Max(tensor => GoldenArrays.LargestAbsolute(gradients.ReadFloat32(tensor)));
        Assert.Equal(gradients.Names.Order(), golden.Adapter.Trainable.Select(golden.Adapter.FileName).Order());
        foreach (Parameter parameter in golden.Adapter.Trainable)
        {
            string file = golden.Adapter.FileName(parameter);
            GoldenArrays.Close(gradients.ReadFloat32(file), parameter.Value!.Grad!.ToArray(), GradientTolerance * largest, $"gradient of {file}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Counts_of_parameters(string name, string backend)
    {
        using GoldenAdapter golden = GoldenAdapter.Open(name, backend);
        Assert.Equal(golden.Case.GetProperty("print_trainable_parameters").GetString(), ParameterCount.Of(golden.Model, golden.Adapter).ToString());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ten_optimiser_steps_and_the_trained_adapter(string name, string backend)
    {
        using GoldenAdapter golden = GoldenAdapter.Open(name, backend);
        Assert.SkipUnless(golden.Case.TryGetProperty("losses", out JsonElement losses), "a case without training");
        JsonElement settings = golden.Case.TryGetProperty("optimizer", out JsonElement found) ? found : default;
        Assert.SkipWhen(golden.Case.TryGetProperty("loraplus", out _), "LoRA+ changes the optimiser, which has its own tests");
        var optimizer = new PlainAdamW(settings.GetProperty("lr").GetDouble(), settings.GetProperty("weight_decay").GetDouble());
        double[] expected = losses.Doubles();
        for (int step = 0; step < expected.Length; step++)
        {
            Assert.Equal(expected[step], golden.Backward(step % 2), TrainingLossTolerance);
            optimizer.Step(golden.Adapter.Trainable);
        }

        using SafetensorsFile trained = SafetensorsFile.Open(Path.Combine(golden.Folder, "adapter_trained", AdapterFolder.TensorsName));
        using SafetensorsFile gradients = SafetensorsFile.Open(Path.Combine(golden.Folder, "grads.safetensors"));
        double largest = gradients.Names.Max(tensor => GoldenArrays.LargestAbsolute(gradients.ReadFloat32(tensor)));
        foreach (Parameter parameter in golden.Adapter.Trainable)
        {
            // Softmax does not feel the bias of keys without rotary positions: its gradient is rounding, of which Adam makes whole steps.
            string file = golden.Adapter.FileName(parameter);
            if (file.EndsWith("k_proj.bias", StringComparison.Ordinal) && GoldenArrays.LargestAbsolute(gradients.ReadFloat32(file)) < GradientNoise * largest)
            {
                continue;
            }

            GoldenArrays.Close(trained.ReadFloat32(file), parameter.Value!.ToArray(), WeightTolerance, file);
        }

        GoldenArrays.Close(golden.Tokens(golden.Outputs, "logits_trained", 0), golden.Logits(0), TrainedLogitsTolerance, "logits_trained");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merged_weights_and_back(string name, string backend)
    {
        using GoldenAdapter golden = GoldenAdapter.Open(name, backend, "adapter_trained");
        Assert.SkipUnless(golden.Outputs.Contains("logits_merged_trained"), "a case that cannot be merged");
        float[] unmerged = golden.Logits(0);
        golden.Adapter.Merge();
        GoldenArrays.Close(golden.Tokens(golden.Outputs, "logits_merged_trained", 0), golden.Logits(0), LogitsTolerance, "logits_merged_trained");
        foreach (string tensor in golden.Outputs.Names.Where(tensor => tensor.StartsWith("merged.", StringComparison.Ordinal)))
        {
            Parameter parameter = golden.Model.Parameters().Single(parameter => parameter.Name == tensor["merged.".Length..]);
            using StepScope scope = golden.Device.Scope();
            GoldenArrays.Close(golden.Outputs.ReadFloat32(tensor), parameter.ToFloat32().ToArray(), MergedTolerance, tensor);
        }

        golden.Adapter.Unmerge();
        Assert.Equal(unmerged, golden.Logits(0));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_disabled_adapter_gives_the_base_bit_for_bit(string name, string backend)
    {
        using GoldenAdapter golden = GoldenAdapter.Open(name, backend);
        Assert.SkipUnless(golden.Case.TryGetProperty("disabled_equals_base_max_abs", out _), "biases that stay when the adapter is switched off");
        golden.Adapter.IsEnabled = false;
        float[] disabled = golden.Logits(0);
        golden.Adapter.Dispose();
        Assert.Equal(golden.Logits(0), disabled);
        using SafetensorsFile logits = SafetensorsFile.Open(Goldens.Require("training", "adapters", golden.Case.GetProperty("base").GetString()!, "logits.safetensors"));
        GoldenArrays.Close(golden.Tokens(logits, "logits_0", 0), disabled, LogitsTolerance, "logits of the base");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_saved_folder_has_the_same_names_shapes_values_and_settings(string name, string backend)
    {
        using GoldenAdapter golden = GoldenAdapter.Open(name, backend);
        string folder = Directory.CreateTempSubdirectory("attune-adapter-").FullName;
        try
        {
            AdapterFolder.Write(golden.Adapter, folder);
            string original = Path.Combine(golden.Folder, "adapter");
            JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(original, AdapterFolder.ConfigName)))!;
            JsonNode actual = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, AdapterFolder.ConfigName)))!;
            Assert.True(JsonNode.DeepEquals(expected, actual), $"expected {expected.ToJsonString()}, found {actual.ToJsonString()}");
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(original, AdapterFolder.TensorsName)),
                File.ReadAllBytes(Path.Combine(folder, AdapterFolder.TensorsName)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
