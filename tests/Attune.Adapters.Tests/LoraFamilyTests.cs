using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Adapters.Tests;

/// <summary>LoRA on every linear layer of every decoder family: fused projections, weights stored as [in, out], experts.</summary>
[Trait("Category", "Golden")]
public sealed class LoraFamilyTests
{
    public static TheoryData<string> Families => Goldens.Folders("families/causal");

    [Theory]
    [MemberData(nameof(Families))]
    public void Learns_and_merges(string name)
    {
        string folder = Goldens.Require("families", "causal", name);
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        Assert.SkipUnless(KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType), $"the family {config.ModelType} is not built yet");
        IBackend backend = TestBackends.Create("cpu");
        using var device = new Device(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        PaddedBatch batch = PaddedBatch.Read(io, "right.");
        CausalLmModel model = CausalLmLoader.Load(device, config, weights, new WeightOptions { Training = true });
        Assert.NotEmpty(ModuleSelector.Select(model, new TargetSpec(model.DefaultLoraTargets), null, null, null));
        using var adapter = Lora.Create(model, new LoraOptions { R = 4, LoraAlpha = 8, TargetModules = new TargetSpec(ModuleSelector.AllLinear) }, seed: 1);
        var optimizer = new PlainAdamW(learningRate: 5e-3, weightDecay: 0);
        double first = Step(model, adapter, batch, optimizer);
        for (int i = 0; i < 4; i++)
        {
            Step(model, adapter, batch, optimizer);
        }

        Assert.True(Step(model, adapter, batch, optimizer) < first);
        float[] adapted = Logits(model, batch);
        adapter.Merge();
        GoldenArrays.Close(adapted, Logits(model, batch), 1e-4, "logits of the merged model");
        adapter.Unmerge();
        Assert.Equal(adapted, Logits(model, batch));
        (backend as IDisposable)?.Dispose();
    }

    private static double Step(CausalLmModel model, Adapter adapter, PaddedBatch batch, PlainAdamW optimizer)
    {
        foreach (Parameter parameter in adapter.Trainable)
        {
            parameter.Value!.ZeroGrad();
        }

        using StepScope scope = model.Device.Scope();
        (Tensor sum, int targets) = batch.Loss(model);
        model.Device.Tape.Backward(sum, 1.0 / targets);
        optimizer.Step(adapter.Trainable);
        return sum.Item() / targets;
    }

    private static float[] Logits(CausalLmModel model, PaddedBatch batch)
    {
        using StepScope scope = model.Device.Scope();
        using var pause = model.Device.Tape.Pause();
        return model.Logits(new ForwardPass(batch.ToDevice(model.Device))).ToArray();
    }
}
