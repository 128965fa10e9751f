using System.Text.Json;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>Every decoder of the reference values: logits, hidden states, loss, gradients, ten optimiser steps, generation, cache. Tolerances are those of their README.</summary>
[Trait("Category", "Golden")]
public sealed class CausalLmGoldenTests
{
    public static TheoryData<string, string> Cases => TestBackends.Each(Goldens.Folders("families/causal").Select(row => row.Data));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_and_hidden_states(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend);
        foreach (string side in new[] { "right.", "left." })
        {
            PaddedBatch batch = PaddedBatch.Read(golden.Io, side);
            using StepScope scope = golden.Device.Scope();
            using var pause = golden.Device.Tape.Pause();
            List<(string Name, float[] Values)> seen = [];
            float[] logits = golden.Model.Logits(new ForwardPass(batch.ToDevice(golden.Device))
            {
                Observer = (block, hidden) => seen.Add(($"{side}hidden.{(block < 0 ? "final" : block)}", hidden.ToArray())),
            }).ToArray();
            GoldenArrays.Close(batch.Select(golden.Io.ReadFloat32($"{side}logits")), logits, GoldenCase.LogitsTolerance, $"{side}logits");
            foreach ((string tensor, float[] values) in seen.Where(entry => golden.Io.Contains(entry.Name)))
            {
                GoldenArrays.Close(batch.Select(golden.Io.ReadFloat32(tensor)), values, GoldenCase.LogitsTolerance, tensor);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_every_gradient(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend, training: true);
        foreach (bool recompute in new[] { false, true })
        {
            golden.ZeroGradients();
            double loss = golden.Backward(recompute);
            Assert.Equal(golden.Case.GetProperty("loss").GetProperty("mean").GetDouble(), loss, GoldenCase.LossTolerance);
            double norm = golden.Case.GetProperty("grad_norm").GetDouble();
            Assert.Equal(norm, Math.Sqrt(golden.Model.Parameters().Sum(SumOfSquares)), GoldenCase.GradientTolerance * norm);
            foreach (Parameter parameter in golden.Model.Parameters().Where(parameter => golden.Io.Contains($"grad.{parameter.Name}")))
            {
                golden.RequireEqualGradient(parameter);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Weights_keep_their_names_shapes_and_values(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend);
        golden.RequireEqualParameters();
        Assert.All(golden.Io.Names.Where(tensor => tensor.StartsWith("grad.", StringComparison.Ordinal)), tensor => Assert.Contains(tensor["grad.".Length..], golden.Weights.Names));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ten_optimiser_steps(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend, training: true);
        golden.RequireEqualTraining();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Greedy_ids_with_a_cache_and_without(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend);
        Assert.SkipUnless(golden.Case.TryGetProperty("greedy", out JsonElement greedy), "a case without generation");
        int count = greedy.GetProperty("max_new_tokens").GetInt32();
        JsonElement batch = greedy.GetProperty("batch");
        int[][] prompts = [.. batch.GetProperty("input_ids").EnumerateArray().Zip(
            batch.GetProperty("attention_mask").EnumerateArray(),
            static (ids, mask) => ids.Ints().Zip(mask.Ints()).Where(pair => pair.Second == 1).Select(pair => pair.First).ToArray())];
        int[][] expected = [.. batch.GetProperty("sequences").EnumerateArray().Select(row => row.Ints()[^count..])];
        Assert.Equal(expected, golden.GreedyWithCache(prompts, count));
        for (int i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(expected[i], golden.GreedyWithoutCache(prompts[i], count));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Two_rows_in_one_equal_both_alone(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend);
        Assert.SkipUnless(golden.Io.Contains("packed.logits"), "a case without packed rows");
        int[] ids = golden.Io.ReadInts("packed.input_ids");
        int[] positions = golden.Io.ReadInts("packed.position_ids");
        int[] starts = [.. Enumerable.Range(0, positions.Length).Where(i => positions[i] == 0), positions.Length];
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        float[] logits = golden.Model.Logits(new ForwardPass(TokenBatch.Create(golden.Device, ids, positions, starts))).ToArray();
        GoldenArrays.Close(golden.Io.ReadFloat32("packed.logits"), logits, GoldenCase.LogitsTolerance, "packed.logits");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_text_below_the_original_length(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend);
        Assert.SkipUnless(golden.Io.Contains("short.logits"), "a case without a short text");
        int[] ids = golden.Io.ReadInts("short.input_ids");
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        TokenBatch batch = TokenBatch.Create(golden.Device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length]);
        GoldenArrays.Close(golden.Io.ReadFloat32("short.logits"), golden.Model.Logits(new ForwardPass(batch)).ToArray(), GoldenCase.LogitsTolerance, "short.logits");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Positions_that_count_the_padding(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend);
        Assert.SkipUnless(golden.Io.Contains("left.logits_default_positions"), "a case whose positions are relative");
        PaddedBatch padded = PaddedBatch.Read(golden.Io, "left.");
        int columns = (int)golden.Io.Info("left.input_ids").Shape[-1];
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        TokenBatch batch = TokenBatch.Create(golden.Device, padded.Ids, [.. padded.Places.Select(place => place % columns)], padded.Starts);
        float[] logits = golden.Model.Logits(new ForwardPass(batch)).ToArray();
        GoldenArrays.Close(padded.Select(golden.Io.ReadFloat32("left.logits_default_positions")), logits, GoldenCase.LogitsTolerance, "left.logits_default_positions");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_older_spelling_of_the_configuration_gives_the_same_logits(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend, configName: "config.legacy.json");
        PaddedBatch batch = golden.Batch;
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        float[] logits = golden.Model.Logits(new ForwardPass(batch.ToDevice(golden.Device))).ToArray();
        GoldenArrays.Close(batch.Select(golden.Io.ReadFloat32("right.logits")), logits, GoldenCase.LogitsTolerance, "right.logits");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bf16_stays_as_near_to_single_precision_as_the_reference_does(string name, string backend)
    {
        using GoldenModel golden = GoldenModel.Open(name, backend, compute: DType.BF16);
        double allowed = golden.RequireBf16Tolerance();
        PaddedBatch batch = golden.Batch;
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        float[] logits = golden.Model.Logits(new ForwardPass(batch.ToDevice(golden.Device))).ToArray();
        GoldenArrays.Close(batch.Select(golden.Io.ReadFloat32("right.logits")), logits, allowed, "right.logits in bf16");
    }

    private static double SumOfSquares(Parameter parameter) => (parameter.Value!.Grad?.ToArray() ?? []).Sum(value => (double)value * value);
}
