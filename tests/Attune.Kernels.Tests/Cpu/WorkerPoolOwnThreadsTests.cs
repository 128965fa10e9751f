using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>Pools whose callers only wait.</summary>
public sealed class WorkerPoolOwnThreadsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Executes_every_index_once_and_never_on_the_calling_thread(int threads)
    {
        using WorkerPool pool = Create(threads);
        foreach (int count in new[] { 0, 1, 2, 3, 7, 64, 1000 })
        {
            var job = new CountingJob { Calls = new int[count], Threads = threads, Caller = Environment.CurrentManagedThreadId };
            pool.Run(ref job, count);
            Assert.All(job.Calls, calls => Assert.Equal(1, calls));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Survives_many_small_runs(int threads)
    {
        using WorkerPool pool = Create(threads);
        var job = new SumJob { Sums = new long[8] };
        for (int run = 0; run < 5000; run++)
        {
            pool.Run(ref job, 8);
        }

        Assert.All(job.Sums, sum => Assert.Equal(5000, sum));
    }

    [Fact]
    public void Exceptions_of_jobs_reach_the_caller_and_the_pool_stays_usable()
    {
        using WorkerPool pool = Create(2);
        for (int bad = 0; bad < 20; bad++)
        {
            var failing = new FailingJob { Bad = bad };
            Assert.Throws<InvalidTimeZoneException>(() => pool.Run(ref failing, 20));
            var job = new SumJob { Sums = new long[20] };
            pool.Run(ref job, 20);
            Assert.All(job.Sums, sum => Assert.Equal(1, sum));
        }
    }

    [Fact]
    public void Runs_from_several_threads_wait_for_each_other()
    {
        using WorkerPool pool = Create(2);
        long[] sums = new long[8];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            var job = new SumJob { Sums = sums };
            for (int run = 0; run < 300; run++)
            {
                pool.Run(ref job, 8);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(sums, sum => Assert.Equal(1200, sum));
    }

    [Fact]
    public void A_run_inside_a_job_is_done_by_its_own_thread()
    {
        using WorkerPool pool = Create(2);
        var job = new NestingJob { Pool = pool, Sums = new long[4 * 10] };
        pool.Run(ref job, 4);
        Assert.All(job.Sums, sum => Assert.Equal(1, sum));
        Assert.Equal(-1, pool.CurrentWorker);
    }

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

    private static WorkerPool Create(int threads)
    {
        var pool = new WorkerPool(threads);
        pool.KeepCallersOut();
        return pool;
    }

    private struct CountingJob : IJob
    {
        public int[] Calls;
        public int Threads;
        public int Caller;

        public readonly void Execute(int index, int worker)
        {
            Assert.InRange(worker, 0, Threads - 1);
            Assert.NotEqual(Caller, Environment.CurrentManagedThreadId);
            Interlocked.Increment(ref Calls[index]);
        }
    }

    private struct SumJob : IJob
    {
        public long[] Sums;

        public readonly void Execute(int index, int worker) => Sums[index]++;
    }

    private struct FailingJob : IJob
    {
        public int Bad;

        public readonly void Execute(int index, int worker)
        {
            if (index == Bad)
            {
                throw new InvalidTimeZoneException();
            }
        }
    }

    private struct NestingJob : IJob
    {
        public WorkerPool Pool;
        public long[] Sums;

        public readonly void Execute(int index, int worker)
        {
            Assert.Equal(worker, Pool.CurrentWorker);
            var inner = new InnerJob { Sums = Sums, Start = index * 10 };
            Pool.Run(ref inner, 10);
        }
    }

    private struct InnerJob : IJob
    {
        public long[] Sums;
        public int Start;

        public readonly void Execute(int index, int worker) => Sums[Start + index]++;
    }

    private struct KeepingJob : IJob
    {
        public WorkerPool Pool;

        public readonly void Execute(int index, int worker) => Pool.KeepCallersOut();
    }
}
