using System.Text.Json;
using Attune.Formats;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>
/// Every encoder and head of the reference values, and the heads on decoders: logits, hidden states, pooled vectors, losses, gradients, ten optimiser steps, names. Tolerances
/// are those of their README.
/// </summary>
[Trait("Category", "Golden")]
public sealed class HeadGoldenTests
{
    public static TheoryData<string, string> Cases => TestBackends.Each(
        from kind in new[] { "encoders", "decoder_heads" }
        from family in Goldens.Folders($"families/{kind}").Select(row => row.Data)
        from head in Goldens.Folders($"families/{kind}/{family}").Select(row => row.Data)
        select $"{kind}/{family}/{head}");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_and_states(string name, string backend)
    {
        using GoldenHead golden = GoldenHead.Open(name, backend);
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        PaddedBatch batch = golden.Batch;
        TokenBatch tokens = batch.ToDevice(golden.Device);
        if (golden.Model is EncoderModel encoder)
        {
            Compare(golden, encoder, tokens);
            return;
        }

        float[] logits = ((HeadModel)golden.Model).Logits(new ForwardPass(tokens)).ToArray();
        if (golden.Head == "qa")
        {
            GoldenArrays.Close(batch.Select(golden.Io.ReadFloat32("start_logits")), [.. logits.Where((_, i) => i % 2 == 0)], GoldenCase.LogitsTolerance, "start_logits");
            GoldenArrays.Close(batch.Select(golden.Io.ReadFloat32("end_logits")), [.. logits.Where((_, i) => i % 2 == 1)], GoldenCase.LogitsTolerance, "end_logits");
            return;
        }

        float[] expected = golden.Io.ReadFloat32("logits");
        GoldenArrays.Close(golden.Head is "mlm" or "tokcls" or "rtd" ? batch.Select(expected) : expected, logits, GoldenCase.LogitsTolerance, "logits");
        if (golden.Io.Contains("left.logits"))
        {
            TokenBatch left = PaddedBatch.Read(golden.Io, "left.").ToDevice(golden.Device);
            GoldenArrays.Close(golden.Io.ReadFloat32("left.logits"), ((HeadModel)golden.Model).Logits(new ForwardPass(left)).ToArray(), GoldenCase.LogitsTolerance, "left.logits");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradients(string name, string backend)
    {
        using GoldenHead golden = GoldenHead.Open(name, backend, training: true);
        Assert.SkipUnless(golden.Case.TryGetProperty("loss", out JsonElement loss), "a case without a loss");
        Assert.SkipWhen(golden.NeedsPadding, "the reference's loss takes in the logits of padding positions, which no ragged batch has");
        foreach (bool recompute in new[] { false, true })
        {
            golden.ZeroGradients();
            Assert.Equal(loss.GetDouble(), golden.Backward(recompute), GoldenCase.LossTolerance);
            CompareGradients(golden);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Other_losses_of_the_same_logits(string name, string backend)
    {
        foreach ((string problem, string key, string targets) in new[] { ("multi_label_classification", "loss_multi_label", "labels_multi"), ("regression", "loss_regression", "labels_values") })
        {
            using GoldenHead golden = GoldenHead.Open(name, backend, training: true, problem: problem);
            Assert.SkipUnless(golden.Case.TryGetProperty(key, out JsonElement expected), "a case with one loss");
            Assert.Equal(expected.GetProperty("loss").GetDouble(), golden.Backward(targets), GoldenCase.LossTolerance);
            double norm = Math.Sqrt(golden.Model.Parameters().Sum(parameter => parameter.Value!.Grad?.ToArray().Sum(value => (double)value * value) ?? 0));
            double expectedNorm = expected.GetProperty("grad_norm").GetDouble();
            Assert.Equal(expectedNorm, norm, GoldenCase.GradientTolerance * expectedNorm);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ten_optimiser_steps(string name, string backend)
    {
        using GoldenHead golden = GoldenHead.Open(name, backend, training: true);
        Assert.SkipWhen(backend == "reference", "the gradients of the reference backend are compared one by one");
        Assert.SkipWhen(golden.NeedsPadding, "the reference's loss takes in the logits of padding positions, which no ragged batch has");
        golden.RequireEqualTraining();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Parameters_are_those_of_the_file(string name, string backend)
    {
        using GoldenHead golden = GoldenHead.Open(name, backend);
        golden.RequireEqualParameters();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bf16_stays_as_near_to_single_precision_as_the_reference_does(string name, string backend)
    {
        using GoldenHead golden = GoldenHead.Open(name, backend, compute: DType.BF16);
        double allowed = golden.RequireBf16Tolerance();
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        float[] hidden = ((EncoderModel)golden.Model).Hidden(new ForwardPass(golden.Batch.ToDevice(golden.Device))).ToArray();
        GoldenArrays.Close(golden.Batch.Select(golden.Io.ReadFloat32("last_hidden_state")), hidden, allowed, "last_hidden_state in bf16");
    }

    private static void Compare(GoldenHead golden, EncoderModel encoder, TokenBatch tokens)
    {
        List<(string Name, float[] Values)> seen = [];
        Tensor hidden = encoder.Hidden(new ForwardPass(tokens) { Observer = (block, states) => seen.Add(($"hidden.{block}", states.ToArray())) });
        GoldenArrays.Close(golden.Batch.Select(golden.Io.ReadFloat32("last_hidden_state")), hidden.ToArray(), GoldenCase.LogitsTolerance, "last_hidden_state");
        Assert.Equal(golden.Io.Names.Count(tensor => tensor.StartsWith("hidden.", StringComparison.Ordinal)), seen.Count);
        foreach ((string tensor, float[] values) in seen)
        {
            GoldenArrays.Close(golden.Batch.Select(golden.Io.ReadFloat32(tensor)), values, GoldenCase.LogitsTolerance, tensor);
        }

        Assert.Equal(golden.Case.GetProperty("has_pooler").GetBoolean(), encoder.HasPooler);
        if (encoder.HasPooler)
        {
            GoldenArrays.Close(golden.Io.ReadFloat32("pooler_output"), encoder.Pool(hidden, tokens).ToArray(), GoldenCase.LogitsTolerance, "pooler_output");
        }
    }

    private static void CompareGradients(GoldenHead golden)
    {
        int compared = 0;
        foreach (Parameter parameter in golden.Model.Parameters().Where(parameter => parameter.IsTrainable))
        {
            float[] actual = parameter.Value!.Grad!.ToArray();
            if (golden.IsRoundingNoise(parameter.Name))
            {
                Assert.True(GoldenArrays.LargestAbsolute(actual) <= golden.LargestNoise, $"gradient of {parameter.Name} is more than rounding noise");
                compared++;
            }
            else if (golden.Io.Contains($"grad.{parameter.Name}"))
            {
                golden.RequireEqualGradient(parameter);
                compared++;
            }
            else if (golden.Case.TryGetProperty("grad_sums", out JsonElement all) && all.TryGetProperty(parameter.Name, out JsonElement sums))
            {
                CompareSums(sums, actual, parameter.Name);
                compared++;
            }
        }

        Assert.Equal(golden.Weights.Names.Count - golden.Case.GetProperty("no_grad_stored").GetArrayLength(), compared);
    }

    private static void CompareSums(JsonElement expected, float[] actual, string name)
    {
        double largest = Math.Max(Math.Abs(expected.GetProperty("max").GetDouble()), Math.Abs(expected.GetProperty("min").GetDouble()));
        double tolerance = GoldenCase.GradientTolerance * largest;
        Assert.Equal(expected.GetProperty("max").GetDouble(), actual.Max(), tolerance);
        Assert.Equal(expected.GetProperty("min").GetDouble(), actual.Min(), tolerance);
        double norm = expected.GetProperty("l2").GetDouble();
        Assert.Equal(norm, Math.Sqrt(actual.Sum(value => (double)value * value)), GoldenCase.GradientTolerance * norm);
        double sum = actual.Sum(value => (double)value);
        Assert.True(Math.Abs(expected.GetProperty("sum").GetDouble() - sum) <= tolerance * Math.Sqrt(actual.Length), $"gradient of {name}: the sum is {sum}");
    }
}
