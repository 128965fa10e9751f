using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Models;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Adapters.Tests;

/// <summary>LoRA on every linear layer of every family, decoders, encoders and encoder-decoders: fused projections, weights stored as [in, out], experts.</summary>
[Trait("Category", "Golden")]
public sealed class LoraFamilyTests
{
    public static TheoryData<string> Cases =>
    [
        .. Goldens.Folders("families/causal").Select(row => $"causal/{row.Data}"),
        .. Goldens.Folders("families/encoders").Select(row => $"encoders/{row.Data}/seqcls"),
        .. Goldens.Folders("families/decoder_heads").Select(row => $"decoder_heads/{row.Data}/seqcls"),
        .. Goldens.Folders("families/seq2seq").Select(row => $"seq2seq/{row.Data}"),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Learns_and_merges(string name)
    {
        string folder = Goldens.Require(["families", .. name.Split('/')]);
        IBackend backend = TestBackends.Create("cpu");
        using var device = new Device(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        Network model = AnyModelLoader.Load(device, ModelConfig.Load(Path.Combine(folder, "config.json")), weights, new WeightOptions { Training = true }).Model;
        Assert.NotEmpty(ModuleSelector.Select(model, new TargetSpec(model.DefaultLoraTargets), null, null, null));
        using var adapter = Lora.Create(model, new LoraOptions { R = 4, LoraAlpha = 8, TargetModules = new TargetSpec(ModuleSelector.AllLinear) }, seed: 1);
        var optimizer = new PlainAdamW(learningRate: 5e-3, weightDecay: 0);
        double first = Step(model, adapter, io, optimizer);
        for (int i = 0; i < 4; i++)
        {
            Step(model, adapter, io, optimizer);
        }

        Assert.True(Step(model, adapter, io, optimizer) < first);
        float[] adapted = Logits(model, io);
        adapter.Merge();
        GoldenArrays.Close(adapted, Logits(model, io), 1e-4, "logits of the merged model");
        adapter.Unmerge();
        Assert.Equal(adapted, Logits(model, io));
        (backend as IDisposable)?.Dispose();
    }

    private static double Step(Network model, Adapter adapter, ITensorSource io, PlainAdamW optimizer)
    {
        foreach (Parameter parameter in adapter.Trainable)
        {
            parameter.Value!.ZeroGrad();
        }

        using StepScope scope = model.Device.Scope();
        (Tensor sum, int targets) = model switch
        {
            CausalLmModel decoder => PaddedBatch.Read(io, "right.").Loss(decoder),
            SequenceClassificationModel classifier => classifier.SumLosses(Pass(model, io), io.ReadInts("labels")),
            Seq2SeqModel seq2Seq => seq2Seq.SumLosses(Pass(model, io), Target(seq2Seq, io), io.ReadInts("labels")),
            _ => throw new InvalidOperationException(model.GetType().Name),
        };
        model.Device.Tape.Backward(sum, 1.0 / targets);
        optimizer.Step(adapter.Trainable);
        return sum.Item() / targets;
    }

    private static float[] Logits(Network model, ITensorSource io)
    {
        using StepScope scope = model.Device.Scope();
        using var pause = model.Device.Tape.Pause();
        Tensor logits = model switch
        {
            CausalLmModel decoder => decoder.Logits(new ForwardPass(PaddedBatch.Read(io, "right.").ToDevice(model.Device))),
            SequenceClassificationModel classifier => classifier.Logits(Pass(model, io)),
            Seq2SeqModel seq2Seq => seq2Seq.Logits(seq2Seq.Decode(Target(seq2Seq, io), seq2Seq.Remember(Pass(model, io)))),
            _ => throw new InvalidOperationException(model.GetType().Name),
        };
        return logits.ToArray();
    }

    private static ForwardPass Pass(Network model, ITensorSource io) => new(PaddedBatch.Read(io, string.Empty).ToDevice(model.Device));

    /// <summary>The decoder's rows with their padding, which comes last and which nobody looks at.</summary>
    private static ForwardPass Target(Seq2SeqModel model, ITensorSource io)
    {
        int[] ids = io.ReadInts("decoder_input_ids");
        int columns = (int)io.Info("decoder_input_ids").Shape[1];
        return new ForwardPass(TokenBatch.Create(
            model.Device, ids, [.. Enumerable.Range(0, ids.Length).Select(i => i % columns)], [.. Enumerable.Range(0, (ids.Length / columns) + 1).Select(row => row * columns)]));
    }
}
