using System.Text.Json;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Adapters.Tests;

/// <summary>An adapter of the reference values on its base model.</summary>
internal sealed class GoldenAdapter : IDisposable
{
    private readonly IBackend _backend;
    private readonly JsonDocument _case;

    private GoldenAdapter(string folder, JsonDocument document, IBackend backend, CausalLmModel model, Adapter adapter)
    {
        Folder = folder;
        _case = document;
        _backend = backend;
        Model = model;
        Adapter = adapter;
        Outputs = SafetensorsFile.Open(Path.Combine(folder, "outputs.safetensors"));
    }

    public string Folder { get; }

    public JsonElement Case => _case.RootElement;

    public CausalLmModel Model { get; }

    public Adapter Adapter { get; }

    public ITensorSource Outputs { get; }

    public Device Device => Model.Device;

    public static GoldenAdapter Open(string name, string backendName, string adapterFolder = "adapter")
    {
        string folder = Goldens.Require("training", "adapters", name);
        JsonDocument document = GoldenArrays.Json(Path.Combine(folder, "case.json"));
        using JsonDocument config = GoldenArrays.Json(Path.Combine(folder, adapterFolder, AdapterFolder.ConfigName));
        foreach (string variant in new[] { "use_dora", "trainable_token_indices", "target_parameters" })
        {
            Assert.SkipWhen(
                config.RootElement.TryGetProperty(variant, out JsonElement value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False),
                $"the variant {variant} of LoRA is not built yet");
        }

        IBackend backend = TestBackends.Create(backendName);
        CausalLmModel model = OpenBase(document.RootElement.GetProperty("base").GetString()!, backend);
        return new GoldenAdapter(folder, document, backend, model, AdapterFolder.Open(Path.Combine(folder, adapterFolder), model));
    }

    public static CausalLmModel OpenBase(string relative, IBackend backend)
    {
        string folder = Goldens.Require("training", "adapters", relative);
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        Assert.SkipUnless(KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType), $"the family {config.ModelType} is not built yet");
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return CausalLmLoader.Load(new Device(backend), config, weights, new WeightOptions { Training = true });
    }

    /// <summary>Logits of the tokens of a batch, without padding.</summary>
    public float[] Logits(int number)
    {
        using SafetensorsFile io = OpenBatch(number);
        using StepScope scope = Device.Scope();
        using var pause = Device.Tape.Pause();
        return Model.Logits(new ForwardPass(PaddedBatch.Read(io, string.Empty).ToDevice(Device))).ToArray();
    }

    /// <summary>The part of a padded array of the reference values that belongs to tokens.</summary>
    public float[] Tokens(ITensorSource source, string tensor, int number)
    {
        using SafetensorsFile io = OpenBatch(number);
        return PaddedBatch.Read(io, string.Empty).Select(source.ReadFloat32(tensor));
    }

    /// <summary>Collects the gradients of a batch's mean loss anew and gives the loss.</summary>
    public double Backward(int number)
    {
        using SafetensorsFile io = OpenBatch(number);
        PaddedBatch batch = PaddedBatch.Read(io, string.Empty);
        foreach (Parameter parameter in Adapter.Trainable)
        {
            parameter.Value!.ZeroGrad();
        }

        using StepScope scope = Device.Scope();
        (Tensor sum, int targets) = batch.Loss(Model);
        Device.Tape.Backward(sum, 1.0 / targets);
        return sum.Item() / targets;
    }

    public void Dispose()
    {
        Outputs.Dispose();
        _case.Dispose();
        Device.Dispose();
        (_backend as IDisposable)?.Dispose();
    }

    private SafetensorsFile OpenBatch(int number) =>
        SafetensorsFile.Open(Goldens.Require("training", "adapters", "batches", $"{Case.GetProperty("batch").GetString()}_{number}.safetensors"));
}
