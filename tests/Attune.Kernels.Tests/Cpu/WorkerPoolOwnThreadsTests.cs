using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>Pools whose callers only wait.</summary>
public sealed class WorkerPoolOwnThreadsTests : WorkerPoolRuns
{
    private protected override bool CallersWork => false;

    [Fact]
    public void Callers_are_kept_out_once_and_not_from_inside_a_job()
    {
        using WorkerPool pool = Create(2);
        pool.KeepCallersOut();
        var job = new KeepingJob { Pool = pool };
        Assert.Throws<InvalidOperationException>(() => pool.Run(ref job, 1));
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(pool.KeepCallersOut);
    }

    private protected override WorkerPool Create(int threads)
    {
        var pool = new WorkerPool(threads);
        pool.KeepCallersOut();
        return pool;
    }

    private struct KeepingJob : IJob
    {
        public WorkerPool Pool;

        public readonly void Execute(int index, int worker) => Pool.KeepCallersOut();
    }
}
