using System.Text.Json;
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
    private const double LogitsTolerance = 1e-4;
    private const double LossTolerance = 2e-5;
    private const double GradientTolerance = 5e-4;
    private const double TrainingLossTolerance = 5e-5;

    public static TheoryData<string, string> Cases
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string name in Goldens.Folders("families/seq2seq").Select(row => row.Data))
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
    public void Logits_and_states(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend);
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        List<(string Name, float[] Values)> seen = [];
        TokenBatch source = golden.Source.ToDevice(golden.Device);
        Tensor states = golden.Model.Encode(new ForwardPass(source) { Observer = (block, hidden) => seen.Add(($"encoder.hidden.{block}", hidden.ToArray())) });
        GoldenArrays.Close(golden.Source.Select(golden.Io.ReadFloat32("encoder.last_hidden_state")), states.ToArray(), LogitsTolerance, "encoder.last_hidden_state");
        Tensor decoded = golden.Model.Decode(
            new ForwardPass(golden.WholeTarget()) { Observer = (block, hidden) => seen.Add(($"decoder.hidden.{(block < 0 ? "final" : block)}", hidden.ToArray())) },
            EncoderMemory.Of(states, source));
        Assert.Equal(golden.Io.Names.Count(tensor => tensor.Contains(".hidden.", StringComparison.Ordinal)), seen.Count);
        foreach ((string tensor, float[] values) in seen)
        {
            float[] expected = golden.Io.ReadFloat32(tensor);
            bool isPadded = tensor.StartsWith("encoder", StringComparison.Ordinal);
            GoldenArrays.Close(isPadded ? golden.Source.Select(expected) : expected, values, LogitsTolerance, tensor);
        }

        GoldenArrays.Close(golden.Io.ReadFloat32("logits"), golden.Model.Logits(decoded).ToArray(), LogitsTolerance, "logits");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_every_gradient(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend, training: true);
        string[] noise = golden.Case.TryGetProperty("grad_is_rounding_noise", out JsonElement names) ? [.. names.EnumerateArray().Select(entry => entry.GetString()!)] : [];
        foreach (bool recompute in new[] { false, true })
        {
            golden.ZeroGradients();
            Assert.Equal(golden.Case.GetProperty("loss").GetProperty("mean").GetDouble(), golden.Backward(recompute), LossTolerance);
            int compared = 0;
            foreach (Parameter parameter in golden.Model.Parameters().Where(parameter => parameter.IsTrainable))
            {
                float[] expected = golden.Io.ReadFloat32($"grad.{parameter.Name}");
                double tolerance = noise.Contains(parameter.Name)
                    ? 2e-6 * golden.Case.GetProperty("grad_norm").GetDouble()
                    : GradientTolerance * GoldenArrays.LargestAbsolute(expected);
                GoldenArrays.Close(expected, parameter.Value!.Grad!.ToArray(), tolerance, $"gradient of {parameter.Name}");
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
        Assert.SkipUnless(golden.Case.TryGetProperty("train", out JsonElement train), "a case without training");
        Assert.SkipWhen(backend == "reference", "the gradients of the reference backend are compared one by one");
        var optimizer = new PlainAdamW(learningRate: 1e-3, weightDecay: 0.01);
        Parameter[] parameters = [.. golden.Model.Parameters().Where(parameter => parameter.IsTrainable)];
        foreach (double expected in train.GetProperty("losses").Doubles())
        {
            golden.ZeroGradients();
            Assert.Equal(expected, golden.Backward(recompute: false), TrainingLossTolerance);
            optimizer.Step(parameters);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Parameters_are_those_of_the_file(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend);
        Assert.Equal(golden.Weights.Names.Order(StringComparer.Ordinal), golden.Model.Parameters().Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in golden.Model.Parameters())
        {
            Assert.Equal(golden.Weights.Info(parameter.Name).Shape, parameter.Shape);
            using StepScope scope = golden.Device.Scope();
            Assert.Equal(golden.Weights.ReadFloat32(parameter.Name), parameter.ToFloat32().ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bf16_stays_as_near_to_single_precision_as_the_reference_does(string name, string backend)
    {
        using GoldenSeq2Seq golden = GoldenSeq2Seq.Open(name, backend, compute: DType.BF16);
        Assert.SkipUnless(golden.Case.TryGetProperty("bf16", out JsonElement bf16), "a case without figures in bf16");
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        EncoderMemory memory = golden.Model.Remember(new ForwardPass(golden.Source.ToDevice(golden.Device)));
        float[] logits = golden.Model.Logits(golden.Model.Decode(new ForwardPass(golden.WholeTarget()), memory)).ToArray();
        double allowed = 1.5 * bf16.GetProperty("max_abs_difference_to_fp32").GetDouble();
        GoldenArrays.Close(golden.Io.ReadFloat32("logits"), logits, allowed, "logits in bf16");
    }
}
