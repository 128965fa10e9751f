using Attune.Training.Planning;

namespace Attune.Training.Tests;

public sealed class MemoryPlannerTests
{
    [Theory]
    [InlineData("lora", false)]
    [InlineData("lora", true)]
    [InlineData("full", false)]
    [InlineData("full", true)]
    public void The_pool_holds_what_was_foretold(string method, bool recompute)
    {
        TrainingOptions options = TinyRun.Options() with
        {
            GradientCheckpointing = recompute,
            Evaluation = new EvaluationOptions { EvalStrategy = "epoch" },
        };
        using var real = new TinyRun(method);
        using (Trainer trainer = real.Trainer(options))
        {
            trainer.Run();
        }

        var backend = new PlanningBackend(real.Model.Device.Backend.Tier, packsPairs: false);
        using var planned = new TinyRun(method, backend: backend);
        long peak = MemoryPlanner.PeakBytes(backend, new PlannedModel(planned.Objective, planned.Weights), options, planned.Data, planned.HeldOut);

        // The largest batch is rehearsed once more than it comes, and may find other blocks free than it did in its place.
        Assert.Equal(1, (double)planned.Model.Device.ReservedBytes / real.Model.Device.ReservedBytes, 0.01);
        Assert.True(peak > planned.Model.Device.PeakBytes / 2, $"{peak}");
    }

    [Fact]
    public void Memory_grows_with_the_largest_batch_wherever_it_stands()
    {
        // What other batches have left in the pool decides which block a tensor gets.
        Assert.Equal(1, (double)Peak(first: true) / Peak(first: false), 2);

        static long Peak(bool first)
        {
            Data.Tokenization.TokenRow[] rows = TinyRun.RandomRows(400, seed: 1);
            rows[first ? 0 : 399] = TinyRun.LongRow(2000);
            var backend = new PlanningBackend("portable", packsPairs: false);
            using var run = new TinyRun("lora", rows, new Data.Batching.BatchOptions { PerDeviceTrainBatchSize = 1, TrainSamplingStrategy = "sequential" }, backend: backend);
            MemoryPlanner.PeakBytes(backend, new PlannedModel(run.Objective, run.Weights), new TrainingOptions { NumTrainEpochs = 1 }, run.Data, heldOut: null);
            return run.Model.Device.PeakBytes;
        }
    }
}
