using Attune.Data.Batching;
using Attune.Kernels;
using Attune.Tensors.Backends;
using Attune.Training.Planning;

namespace Attune.Training.Tests;

public sealed class StepTimerTests : IDisposable
{
    private readonly CpuBackend _processor = new(new CpuBackendOptions { Threads = 1 });

    [Fact]
    public void Measuring_leaves_the_weights_as_they_are()
    {
        using var run = new TinyRun();
        float[][] before = run.Values();
        Assert.InRange(new StepTimer(TinyRun.Options(), run.Data).Measure(Model(run)), double.Epsilon, double.MaxValue);
        Assert.Equal(before, run.Values());
    }

    [Fact]
    public void A_model_is_timed_by_one_with_the_same_operations()
    {
        using var few = new TinyRun(backend: new ProfilingBackend(_processor));
        using var whole = new TinyRun(backend: new ProfilingBackend(new PlanningBackend(_processor.Tier, packsPairs: false)));
        Assert.InRange(new StepTimer(TinyRun.Options(), few.Data).Extrapolate(Model(few), Model(whole)) ?? 0, double.Epsilon, double.MaxValue);
    }

    [Fact]
    public void Operations_that_were_not_timed_are_not_guessed()
    {
        BatchOptions batches = new() { PerDeviceTrainBatchSize = 1 };
        using var few = new TinyRun("lora", [TinyRun.LongRow(2000)], batches, backend: new ProfilingBackend(_processor));
        using var whole = new TinyRun("full", [TinyRun.LongRow(2000)], batches, backend: new ProfilingBackend(new PlanningBackend(_processor.Tier, packsPairs: false)));
        Assert.Null(new StepTimer(TinyRun.Options(), few.Data).Extrapolate(Model(few), Model(whole)));
    }

    [Fact]
    public void Measuring_can_be_stopped()
    {
        using var run = new TinyRun();
        Assert.Throws<OperationCanceledException>(() => new StepTimer(TinyRun.Options(), run.Data, new CancellationToken(canceled: true)).Measure(Model(run)));
    }

    public void Dispose() => _processor.Dispose();

    private static PlannedModel Model(TinyRun run) => new(run.Objective, run.Weights);
}
