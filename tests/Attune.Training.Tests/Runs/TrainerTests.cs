using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Training.Objectives;

namespace Attune.Training.Tests;

public sealed class TrainerTests
{
    [Fact]
    public void One_large_batch_equals_several_small_ones()
    {
        float[][] whole = Train(new BatchOptions { PerDeviceTrainBatchSize = 4, TrainSamplingStrategy = "sequential" });
        float[][] pieces = Train(new BatchOptions { PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 4, TrainSamplingStrategy = "sequential" });
        foreach ((float[] expected, float[] actual) in whole.Zip(pieces))
        {
            GoldenArrays.Close(expected, actual, 1e-5, "weights");
        }

        static float[][] Train(BatchOptions batches)
        {
            using var run = new TinyRun("full", batches: batches);
            using Trainer trainer = run.Trainer(TinyRun.Options());
            trainer.Run();
            return run.Values();
        }
    }

    [Fact]
    public void The_seed_decides_dropout()
    {
        Assert.Equal(Losses(seed: 1), Losses(seed: 1));
        Assert.NotEqual(Losses(seed: 1), Losses(seed: 2));

        static double[] Losses(int seed)
        {
            using var run = new TinyRun("lora");
            using Trainer trainer = run.Trainer(TinyRun.Options() with { Seed = seed });
            return [.. trainer.Run().LogHistory.Select(entry => entry.Loss!.Value)];
        }
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("full")]
    public void The_number_of_threads_changes_no_bit(string method)
    {
        float[][] one = Train(1);
        Assert.Equal(one, Train(2));
        Assert.Equal(one, Train(3));

        float[][] Train(int threads)
        {
            using var run = new TinyRun(method, threads: threads);
            using Trainer trainer = run.Trainer(TinyRun.Options());
            trainer.Run();
            return run.Values();
        }
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("full")]
    public void A_step_allocates_nothing_once_its_shapes_were_seen(string method)
    {
#if DEBUG
        Assert.Skip("debug builds never hand a tensor's handle out twice, so they allocate");
#endif
        TokenRow[] rows = [.. Enumerable.Range(0, 8).Select(i => new TokenRow([i, 5, 6, 7], [i, 5, 6, 7]))];
        using var run = new TinyRun(method, rows);
        var watcher = new AllocationWatcher();
        using Trainer trainer = run.Trainer(TinyRun.Options() with { LoggingSteps = 1000, MaxSteps = 20 }, watcher);
        trainer.Run();
        Assert.Equal(0, watcher.Bytes(from: 9, to: 19));
    }

    [Fact]
    public void Epochs_and_max_steps_give_the_number_of_steps()
    {
        using var run = new TinyRun();
        Assert.Equal(4, run.Data.StepsPerEpoch);
        Assert.Equal(12, Steps(TinyRun.Options()));
        Assert.Equal(6, Steps(TinyRun.Options() with { NumTrainEpochs = 1.3 }));
        Assert.Equal(5, Steps(TinyRun.Options() with { MaxSteps = 5 }));

        long Steps(TrainingOptions options)
        {
            var watcher = new Watcher();
            using Trainer trainer = run.Trainer(options, watcher);
            long done = trainer.Run().GlobalStep;
            Assert.Equal(done, watcher.Plan.TotalSteps);
            Assert.Equal(done, watcher.Steps.Count);
            return done;
        }
    }

    [Fact]
    public void Steps_without_a_target_are_counted_and_change_nothing()
    {
        TokenRow[] rows = [.. Enumerable.Range(0, 6).Select(i => i is 2 or 3 ? new TokenRow([1, 2], [1, TokenRow.NoLoss]) : new TokenRow([i, 5, 6], [i, 5, 6]))];
        using var run = new TinyRun("full", rows, new BatchOptions { PerDeviceTrainBatchSize = 2, TrainSamplingStrategy = "sequential" });
        List<float[][]> values = [];
        var watcher = new Watcher(_ => values.Add(run.Values()));
        using Trainer trainer = run.Trainer(TinyRun.Options() with { NumTrainEpochs = 1, Optimizer = new OptimizerOptions { LearningRate = 0.1 } }, watcher);
        TrainingResult result = trainer.Run();
        Assert.Equal(1, result.SkippedSteps);
        Assert.Equal([6 - 2, 0, 6 - 2], watcher.Steps.Select(step => step.Targets));
        Assert.Equal(values[0], values[1]);
        Assert.NotEqual(values[1], values[2]);
        Assert.Equal((watcher.Steps[0].Loss + watcher.Steps[2].Loss) / 2, result.TrainLoss, 1e-12);
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_run_before_the_weights_change()
    {
        using var run = new TinyRun("full");
        using var folder = new TemporaryFolder();
        float[][] before = [];
        Parameter norm = run.Weights.Parameters.Single(parameter => parameter.Name == "model.norm.weight");
        var watcher = new Watcher(step =>
        {
            if (step.Step == 4)
            {
                float[] values = norm.Value!.ToArray();
                values[3] = float.NaN;
                norm.Value!.CopyFrom<float>(values);
                before = run.Values();
            }
        });
        using Trainer trainer = run.Trainer(TinyRun.Options(folder.Path), watcher);
        string message = Assert.Throws<TrainingException>(() => trainer.Run()).Message;
        Assert.Contains("step 5: the loss is NaN", message, StringComparison.Ordinal);
        Assert.Contains("checkpoint-3", message, StringComparison.Ordinal);
        Assert.Equal(before, run.Values());
        Assert.Equal(["checkpoint-3"], watcher.Checkpoints);
    }

    [Fact]
    public void Cancelling_finishes_the_step_and_saves()
    {
        using var run = new TinyRun();
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var watcher = new Watcher(step =>
        {
            if (step.Step == 4)
            {
                source.Cancel();
            }
        });
        using Trainer trainer = run.Trainer(TinyRun.Options(folder.Path), watcher);
        TrainingResult result = trainer.Run(source.Token);
        Assert.Equal(TrainingOutcome.Cancelled, result.Outcome);
        Assert.Equal(4, result.GlobalStep);
        Assert.Equal(["checkpoint-3", "checkpoint-4"], watcher.Checkpoints);
        Assert.EndsWith("checkpoint-4", result.LastCheckpoint, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_is_the_mean_over_all_targets_whatever_the_batches_and_leaves_training_as_it_was()
    {
        using var run = new TinyRun();
        double together = Evaluator.MeanLoss(run.Objective, run.HeldOut);
        var one = new DataLoader(TinyRun.RandomRows(5, seed: 2), new BatchOptions { PerDeviceTrainBatchSize = 1 }, int.MaxValue);
        Assert.Equal(together, Evaluator.MeanLoss(run.Objective, one), 1e-6);

        IReadOnlyList<LogEntry> plain = Log(new EvaluationOptions());
        IReadOnlyList<LogEntry> evaluated = Log(new EvaluationOptions { EvalStrategy = "steps", EvalSteps = 1 });
        Assert.Equal(12, evaluated.Count(entry => entry.EvalLoss is not null));
        Assert.Equal(plain, evaluated.Where(entry => entry.EvalLoss is null));

        static IReadOnlyList<LogEntry> Log(EvaluationOptions evaluation)
        {
            using var run = new TinyRun();
            using Trainer trainer = run.Trainer(TinyRun.Options() with { Evaluation = evaluation });
            return trainer.Run().LogHistory;
        }
    }

    [Fact]
    public void Held_out_rows_without_a_target_are_an_error()
    {
        using var run = new TinyRun();
        var data = new DataLoader([new TokenRow([1, 2], [1, TokenRow.NoLoss])], new BatchOptions(), int.MaxValue);
        Assert.Contains("no token with a label", Assert.Throws<TrainingException>(() => Evaluator.MeanLoss(run.Objective, data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_an_error()
    {
        using var run = new TinyRun(rows: [new TokenRow([1, 24], [1, 24])]);
        using Trainer trainer = run.Trainer(TinyRun.Options());
        Assert.Contains("24", Assert.Throws<TensorException>(() => trainer.Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_train_and_nothing_to_evaluate_are_errors_before_the_start()
    {
        using var run = new TinyRun("none");
        Assert.Contains("no parameter is trained", Assert.Throws<TrainingException>(() => run.Trainer(TinyRun.Options())).Message, StringComparison.Ordinal);
        using var full = new TinyRun("full");
        TrainingOptions options = TinyRun.Options() with { Evaluation = new EvaluationOptions { EvalStrategy = "epoch" } };
        Assert.Contains(
            "there are no held-out rows", Assert.Throws<TrainingException>(() => new Trainer(options, full.Objective, full.Weights, full.Data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_objective_is_in_its_list()
    {
        IEnumerable<Type> implementers = typeof(IObjective).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IObjective)));
        Assert.Equal(implementers.Select(type => (string)type.GetField("Name")!.GetRawConstantValue()!).Order(), KnownObjectives.All.Select(kind => kind.Key).Order());
        using var run = new TinyRun();
        Assert.IsType<CausalLmObjective>(KnownObjectives.For(run.Model, new ObjectiveSettings()));
    }

    private sealed class AllocationWatcher : ITrainingObserver
    {
        private readonly long[] _allocated = new long[100];

        public long Bytes(int from, int to) => _allocated[to] - _allocated[from];

        public void OnStep(in StepReport step) => _allocated[step.Step] = GC.GetAllocatedBytesForCurrentThread();
    }
}
