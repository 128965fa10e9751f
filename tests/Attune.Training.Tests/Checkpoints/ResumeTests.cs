using Attune.Testing;

namespace Attune.Training.Tests.Checkpoints;

/// <summary>A run that is interrupted and resumed gives the same bits as one that is not.</summary>
public sealed class ResumeTests
{
    private static readonly TrainingOptions s_full = TinyRun.Options() with
    {
        Evaluation = new EvaluationOptions { EvalStrategy = "steps", EvalSteps = 2 },
        Optimizer = new OptimizerOptions { LearningRate = 0.05, LrSchedulerType = "reduce_lr_on_plateau", LrSchedulerKwargs = new SchedulerOptions { Patience = 0, Threshold = 0.1 } },
    };

    [Theory]
    [InlineData("lora", 5)]
    [InlineData("full", 5)]
    public void Interrupted_at_random_steps(string method, int stops) => RequireSameBits(method, stops);

    [Theory]
    [InlineData("lora", 50)]
    [InlineData("full", 50)]
    [Trait("Category", "Slow")]
    public void Interrupted_at_many_random_steps(string method, int stops) => RequireSameBits(method, stops);

    [Fact]
    public void Interrupted_again_and_again()
    {
        (IReadOnlyList<LogEntry> log, float[][] weights) = Uninterrupted("lora");
        using var folder = new TemporaryFolder();
        TrainingOptions options = s_full with { OutputDir = folder.Path, ResumeFromCheckpoint = "auto" };
        TrainingResult result;
        do
        {
            using var run = new TinyRun("lora");
            using var source = new CancellationTokenSource();
            using Trainer trainer = run.Trainer(options, new Watcher(_ => source.Cancel()));
            result = trainer.Run(source.Token);
            if (result.Outcome == TrainingOutcome.Completed)
            {
                Assert.Equal(weights, run.Values());
                Assert.Equal(log, result.LogHistory);
            }
        }
        while (result.Outcome == TrainingOutcome.Cancelled);
    }

    [Fact]
    public void Other_options_are_said_aloud()
    {
        using var folder = new TemporaryFolder();
        Cancel(folder.Path, "lora", 2, s_full);
        using var run = new TinyRun("lora");
        var watcher = new Watcher();
        using Trainer trainer = run.Trainer(s_full with { OutputDir = folder.Path, ResumeFromCheckpoint = "auto", Seed = 7 }, watcher);
        trainer.Run();
        Assert.Contains("the options differ", Assert.Single(watcher.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_run_does_not_mix_with_an_older_one_and_auto_without_checkpoints_starts_anew()
    {
        using var folder = new TemporaryFolder();
        using var run = new TinyRun("lora");
        var watcher = new Watcher();
        using (Trainer first = run.Trainer(TinyRun.Options(folder.Path) with { ResumeFromCheckpoint = "auto" }, watcher))
        {
            Assert.Equal(TrainingOutcome.Completed, first.Run().Outcome);
        }

        Assert.Contains("starts from the beginning", Assert.Single(watcher.Warnings), StringComparison.Ordinal);
        using Trainer second = run.Trainer(TinyRun.Options(folder.Path));
        Assert.Contains("earlier run", Assert.Throws<TrainingException>(() => second.Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_method_is_refused()
    {
        using var folder = new TemporaryFolder();
        Cancel(folder.Path, "lora", 2, s_full);
        using var run = new TinyRun("full");
        using Trainer trainer = run.Trainer(s_full with { OutputDir = folder.Path, ResumeFromCheckpoint = "auto" });
        Assert.Contains("do not fit this run", Assert.Throws<TrainingException>(() => trainer.Run()).Message, StringComparison.Ordinal);
    }

    private static void RequireSameBits(string method, int stops)
    {
        (IReadOnlyList<LogEntry> log, float[][] weights) = Uninterrupted(method);
        var random = new Random(stops);
        for (int i = 0; i < stops; i++)
        {
            using var folder = new TemporaryFolder();
            int stop = random.Next(1, 12);
            Cancel(folder.Path, method, stop, s_full);
            using var run = new TinyRun(method);
            var watcher = new Watcher();
            using Trainer trainer = run.Trainer(s_full with { OutputDir = folder.Path, ResumeFromCheckpoint = "auto" }, watcher);
            TrainingResult result = trainer.Run();
            Assert.Equal(stop, watcher.Plan.FirstStep);
            Assert.Equal(weights, run.Values());
            Assert.Equal(log, result.LogHistory);
        }
    }

    private static (IReadOnlyList<LogEntry> Log, float[][] Weights) Uninterrupted(string method)
    {
        using var run = new TinyRun(method);
        using Trainer trainer = run.Trainer(s_full with { Saving = new SaveOptions { SaveStrategy = "no" } });
        return (trainer.Run().LogHistory, run.Values());
    }

    private static void Cancel(string folder, string method, int step, TrainingOptions options)
    {
        using var run = new TinyRun(method);
        using var source = new CancellationTokenSource();
        using Trainer trainer = run.Trainer(options with { OutputDir = folder }, new Watcher(report =>
        {
            if (report.Step == step)
            {
                source.Cancel();
            }
        }));
        Assert.Equal(step, trainer.Run(source.Token).GlobalStep);
    }
}
