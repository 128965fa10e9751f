using System.Text.Json;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Training.Tests;

/// <summary>Whole runs of the reference trainer, done again. Tolerances are those of their README.</summary>
[Trait("Category", "Golden")]
public sealed class TrainerGoldenTests
{
    private const double LossTolerance = 2e-5;
    private const double GradNormTolerance = 5e-5;

    /// <summary>
    /// What an independent loop in float64 gives where the recorded gradient norm itself is off by more than the tolerance: at this step it is 4.5559745, with the rounding
    /// of 17 steps in single precision at a learning rate of 0.01. A run may lie on either side, or between.
    /// </summary>
    private static readonly Dictionary<(string Case, long Step), double> ExactGradNorms = new() { [("early_stopping", 18)] = 4.5560323 };

    private const double WeightTolerance = 2e-5;
    private const double RateTolerance = 1e-12;

    public static TheoryData<string, string> Cases
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string run in Goldens.Folders("training/trainer").Select(row => row.Data))
            {
                foreach (string backend in TestBackends.Names.Select(row => row.Data))
                {
                    rows.Add(Row(backend, new TheoryDataRow<string, string>(run, backend)));
                }
            }

            return rows;
        }
    }

    public static TheoryData<string> Backends => [.. TestBackends.Names.Select(row => Row(row.Data, new TheoryDataRow<string>(row.Data)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_logged_step_and_the_trained_weights(string name, string backend)
    {
        using var run = new GoldenRun(name, backend);
        Assert.SkipWhen(run.Recorded.TryGetProperty("patience", out _), "evaluates and stops early, which has its own test");
        using var trainer = new Trainer(run.Options, run.Objective, run.Weights, run.Data);
        TrainingResult result = trainer.Run();
        Assert.Equal(TrainingOutcome.Completed, result.Outcome);
        RequireEqualLogs(run, result);
        RequireEqualWeights(run);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Gradient_checkpointing_gives_the_same_bits(string backend)
    {
        (TrainingResult plain, float[][] plainWeights) = Run(recompute: false);
        (TrainingResult again, float[][] againWeights) = Run(recompute: true);
        Assert.Equal(plain.LogHistory, again.LogHistory);
        Assert.Equal(plainWeights, againWeights);

        (TrainingResult Result, float[][] Weights) Run(bool recompute)
        {
            using var run = new GoldenRun("causal_lm", backend);
            using var trainer = new Trainer(run.Options with { MaxSteps = 8, GradientCheckpointing = recompute }, run.Objective, run.Weights, run.Data);
            return (trainer.Run(), run.Values());
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Early_stopping_and_the_best_weights(string backend)
    {
        using var run = new GoldenRun("early_stopping", backend);
        using var folder = new TemporaryFolder();
        TokenRow[] heldOut = GoldenRun.Rows(Path.Combine(run.Folder, "eval_rows.json"));
        var batches = new BatchOptions { PerDeviceTrainBatchSize = 4, TrainSamplingStrategy = "sequential" };
        var means = new ReferenceMeans(run, heldOut);
        TrainingOptions options = run.Options with
        {
            OutputDir = folder.Path,
            Evaluation = new EvaluationOptions
            {
                EvalStrategy = "epoch",
                LoadBestModelAtEnd = true,
                EarlyStoppingPatience = run.Recorded.GetProperty("patience").GetInt32(),
                EarlyStoppingThreshold = run.Recorded.GetProperty("threshold").GetDouble(),
            },
            Saving = new SaveOptions { SaveStrategy = "epoch", SaveTotalLimit = 2 },
        };
        using var trainer = new Trainer(options, run.Objective, run.Weights, run.Data, new DataLoader(heldOut, batches, int.MaxValue), means);
        TrainingResult result = trainer.Run();
        Assert.Equal(TrainingOutcome.EarlyStopped, result.Outcome);
        Assert.Equal(run.Recorded.GetProperty("best_global_step").GetInt64(), result.BestGlobalStep);
        Assert.Equal(run.Recorded.GetProperty("stopped_after_epochs").GetInt32(), result.LogHistory.Count(entry => entry.EvalLoss is not null));
        Assert.Equal(["checkpoint-15", "checkpoint-24"], Directory.GetDirectories(folder.Path).Select(path => Path.GetFileName(path)!).Order());
        RequireEqualLogs(run, result);
        double[] expected = [.. Log(run).Where(entry => entry.TryGetProperty("eval_loss", out _)).Select(entry => entry.GetProperty("eval_loss").GetDouble()).SkipLast(1)];
        Assert.Equal(expected.Length, means.Values.Count);
        Assert.All(expected.Zip(means.Values), pair => Assert.Equal(pair.First, pair.Second, LossTolerance));
        RequireEqualWeights(run);
    }

    /// <summary>The scalar backend takes a minute for what the others do in a second.</summary>
    private static TRow Row<TRow>(string backend, TRow row)
        where TRow : TheoryDataRowBase => backend == "reference" ? row.WithTrait("Category", "Slow") : row;

    private static IEnumerable<JsonElement> Log(GoldenRun run) => run.Recorded.GetProperty("log_history").EnumerateArray();

    private static void RequireEqualLogs(GoldenRun run, TrainingResult result)
    {
        JsonElement[] expected = [.. Log(run).Where(entry => entry.TryGetProperty("loss", out _))];
        LogEntry[] actual = [.. result.LogHistory.Where(entry => entry.Loss is not null)];
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].GetProperty("step").GetInt64(), actual[i].Step);
            Assert.Equal(expected[i].GetProperty("epoch").GetDouble(), actual[i].Epoch, 1e-9);
            Assert.Equal(expected[i].GetProperty("loss").GetDouble(), actual[i].Loss!.Value, LossTolerance);
            double recorded = expected[i].GetProperty("grad_norm").GetDouble();
            double exact = ExactGradNorms.GetValueOrDefault((Path.GetFileName(run.Folder)!, actual[i].Step), recorded);
            Assert.InRange(actual[i].GradNorm!.Value, Math.Min(recorded, exact) - GradNormTolerance, Math.Max(recorded, exact) + GradNormTolerance);
            Assert.Equal(expected[i].GetProperty("learning_rate").GetDouble(), actual[i].LearningRate!.Value, RateTolerance);
        }

        JsonElement summary = Log(run).Single(entry => entry.TryGetProperty("train_loss", out _));
        Assert.Equal(summary.GetProperty("train_loss").GetDouble(), result.TrainLoss, LossTolerance);
        Assert.Equal(summary.GetProperty("step").GetInt64(), result.GlobalStep);
    }

    private static void RequireEqualWeights(GoldenRun run)
    {
        if (run.TrainedPath is not { } path)
        {
            return;
        }

        using SafetensorsFile trained = SafetensorsFile.Open(path);
        Assert.Equal(trained.Names.Order(), run.Weights.Parameters.Select(run.FileName).Order());
        foreach (Parameter parameter in run.Weights.Parameters)
        {
            string name = run.FileName(parameter);
            GoldenArrays.Close(trained.ReadFloat32(name), parameter.Value!.ToArray(), WeightTolerance, name);
        }
    }

    /// <summary>The reference's evaluation loss at every evaluation: the mean of the batches' means, weighted by rows. The product's own is the mean over all targets.</summary>
    private sealed class ReferenceMeans(GoldenRun run, TokenRow[] rows) : ITrainingObserver
    {
        private const int BatchSize = 4;

        public List<double> Values { get; } = [];

        public void OnLog(LogEntry entry)
        {
            if (entry.EvalLoss is null)
            {
                return;
            }

            using var pause = run.Model.Device.Tape.Pause();
            double sum = 0;
            foreach (int[] numbers in Enumerable.Range(0, rows.Length).Chunk(BatchSize))
            {
                using StepScope scope = run.Model.Device.Scope();
                Batch batch = Batch.Of(rows, numbers);
                sum += numbers.Length * (double)run.Objective.SumLosses(batch, recompute: false).Item() / batch.TrainedTokens;
            }

            Values.Add(sum / rows.Length);
        }
    }
}
