using Attune.Formats;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>Every encoder-decoder of the reference values: states, logits, loss, gradients, ten optimiser steps, names. Tolerances are those of their README.</summary>
[Trait("Category", "Golden")]
public sealed class Seq2SeqGoldenTests
{
    public static TheoryData<string, string> Cases => TestBackends.Each(Goldens.Folders("families/seq2seq").Select(row => row.Data));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_and_states(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend);
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        List<(string Name, float[] Values)> seen = [];
        TokenBatch source = golden.Source.ToDevice(golden.Device);
        Tensor states = golden.Model.Encode(new ForwardPass(source) { Observer = (block, hidden) => seen.Add(($"encoder.hidden.{block}", hidden.ToArray())) });
        GoldenArrays.Close(golden.Source.Select(golden.Io.ReadFloat32("encoder.last_hidden_state")), states.ToArray(), GoldenCase.LogitsTolerance, "encoder.last_hidden_state");
        Tensor decoded = golden.Model.Decode(
            new ForwardPass(golden.WholeTarget()) { Observer = (block, hidden) => seen.Add(($"decoder.hidden.{(block < 0 ? "final" : block)}", hidden.ToArray())) },
            EncoderMemory.Of(states, source));
        Assert.Equal(golden.Io.Names.Count(tensor => tensor.Contains(".hidden.", StringComparison.Ordinal)), seen.Count);
        foreach ((string tensor, float[] values) in seen)
        {
            float[] expected = golden.Io.ReadFloat32(tensor);
            bool isPadded = tensor.StartsWith("encoder", StringComparison.Ordinal);
            GoldenArrays.Close(isPadded ? golden.Source.Select(expected) : expected, values, GoldenCase.LogitsTolerance, tensor);
        }

        GoldenArrays.Close(golden.Io.ReadFloat32("logits"), golden.Model.Logits(decoded).ToArray(), GoldenCase.LogitsTolerance, "logits");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_every_gradient(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend, training: true);
        foreach (bool recompute in new[] { false, true })
        {
            golden.ZeroGradients();
            Assert.Equal(golden.Case.GetProperty("loss").GetProperty("mean").GetDouble(), golden.Backward(recompute), GoldenCase.LossTolerance);
            int compared = 0;
            foreach (Parameter parameter in golden.Model.Parameters().Where(parameter => parameter.IsTrainable))
            {
                Assert.NotNull(parameter.Value!.Grad);
                golden.RequireEqualGradient(parameter);
                compared++;
            }

            Assert.Equal(golden.Io.Names.Count(tensor => tensor.StartsWith("grad.", StringComparison.Ordinal)), compared);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ten_optimiser_steps(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend, training: true);
        Assert.SkipWhen(backend == "reference", "the gradients of the reference backend are compared one by one");
        golden.RequireEqualTraining();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Parameters_are_those_of_the_file(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend);
        golden.RequireEqualParameters();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bf16_stays_as_near_to_single_precision_as_the_reference_does(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend, compute: DType.BF16);
        double allowed = golden.RequireBf16Tolerance();
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        EncoderMemory memory = golden.Model.Remember(new ForwardPass(golden.Source.ToDevice(golden.Device)));
        float[] logits = golden.Model.Logits(golden.Model.Decode(new ForwardPass(golden.WholeTarget()), memory)).ToArray();
        GoldenArrays.Close(golden.Io.ReadFloat32("logits"), logits, allowed, "logits in bf16");
    }
}
