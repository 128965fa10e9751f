using System.Text.Json;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;

namespace Attune.Training.Tests;

/// <summary>A run of the reference that trains a small T5, as far as single precision decides it.</summary>
[Trait("Category", "Golden")]
public sealed class Seq2SeqRunGoldenTests
{
    /// <summary>The README's.</summary>
    private const double LossTolerance = 2e-5;

    /// <summary>Twice the README's: the gradient of a step is the sum of those of two means.</summary>
    private const double GradNormTolerance = 2 * 5e-5;

    /// <summary>
    /// At the learning rate of 0.01 rounding grows by the step, and about twentyfold in the eleventh: from there on our own tiers differ from each other as much as each does from the reference (portable, avx2
    /// and avx512: up to 2e-5 of the loss in ten steps, 2e-4 in the eleventh, 2e-2 at the last; the gradient's norm twice the tolerance of a mean up to the eighth).
    /// </summary>
    private const int ComparedSteps = 10;
    private const int ComparedNorms = 8;

    [Fact]
    public void A_model_that_reverses_texts()
    {
        string folder = Goldens.Require("training", "trainer", "t5_seq2seq");
        using JsonDocument run = GoldenArrays.Json(Path.Combine(folder, "run.json"));
        JsonElement arguments = run.RootElement.GetProperty("arguments");
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model", "model.safetensors"));
        Seq2SeqModel model = Seq2SeqLoader.Load(
            device, ModelConfig.Load(Path.Combine(folder, "model", "config.json")), weights, new WeightOptions { Training = true, IsTrainable = static _ => true });
        var rows = new DataLoader(
            Rows(Path.Combine(folder, "rows.json")),
            new BatchOptions
            {
                PerDeviceTrainBatchSize = arguments.GetProperty("per_device_train_batch_size").GetInt32(),
                GradientAccumulationSteps = arguments.GetProperty("gradient_accumulation_steps").GetInt32(),
                TrainSamplingStrategy = "sequential",
            },
            int.MaxValue);
        var options = new TrainingOptions
        {
            MaxSteps = ComparedSteps,
            LossReduction = "batch_means",
            LoggingSteps = 1,
            Optimizer = new OptimizerOptions
            {
                LearningRate = arguments.GetProperty("learning_rate").GetDouble(),
                WeightDecay = arguments.GetProperty("weight_decay").GetDouble(),
                MaxGradNorm = arguments.GetProperty("max_grad_norm").GetDouble(),
                LrSchedulerType = arguments.GetProperty("lr_scheduler_type").GetString()!,
                WarmupSteps = arguments.GetProperty("warmup_steps").GetInt32(),
            },
        };
        using var trainer = new Trainer(options, new Seq2SeqObjective(model), new ModelWeights(model), rows);
        LogEntry[] actual = [.. trainer.Run().LogHistory];
        JsonElement[] expected = [.. run.RootElement.GetProperty("log_history").EnumerateArray().Where(entry => entry.TryGetProperty("loss", out _))];
        Assert.Equal(ComparedSteps, actual.Length);
        for (int i = 0; i < ComparedSteps; i++)
        {
            Assert.Equal(expected[i].GetProperty("loss").GetDouble(), actual[i].Loss!.Value, LossTolerance);
            if (i < ComparedNorms)
            {
                Assert.Equal(expected[i].GetProperty("grad_norm").GetDouble(), actual[i].GradNorm!.Value, GradNormTolerance);
            }
        }
    }

    private static TokenRow[] Rows(string path)
    {
        using JsonDocument document = GoldenArrays.Json(path);
        return
        [
            .. document.RootElement.EnumerateArray().Select(row =>
            {
                int[] ids = row.GetProperty("input_ids").Ints();
                return new TokenRow(ids, [.. ids.Select(_ => TokenRow.NoLoss)]) { OutputIds = row.GetProperty("labels").Ints() };
            }),
        ];
    }
}
