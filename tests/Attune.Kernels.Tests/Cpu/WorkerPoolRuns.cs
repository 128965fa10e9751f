using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>What every pool does, whether its callers work, too, or only wait.</summary>
public abstract class WorkerPoolRuns
{
    /// <summary>Whether the calling thread may execute a part of a job.</summary>
    private protected abstract bool CallersWork { get; }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Executes_every_index_once_and_on_the_threads_that_may(int threads)
    {
        using WorkerPool pool = Create(threads);
        foreach (int count in new[] { 0, 1, 2, 3, 7, 64, 1000 })
        {
            CountingJob job = Counting(count, threads);
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
        for (int run = 0; run < 20_000; run++)
        {
            pool.Run(ref job, 8);
        }

        Assert.All(job.Sums, sum => Assert.Equal(20_000, sum));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Exceptions_of_jobs_reach_the_caller_and_the_pool_stays_usable(int threads)
    {
        using WorkerPool pool = Create(threads);
        for (int bad = 0; bad < 20; bad++)
        {
            var failing = new FailingJob { Bad = bad };
            var thrown = Assert.Throws<InvalidTimeZoneException>(() => pool.Run(ref failing, 20));
            Assert.Equal($"index {bad}", thrown.Message);
            CountingJob job = Counting(20, threads);
            pool.Run(ref job, 20);
            Assert.All(job.Calls, calls => Assert.Equal(1, calls));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_run_inside_a_job_is_done_by_its_own_thread(int threads)
    {
        using WorkerPool pool = Create(threads);
        var job = new NestingJob { Pool = pool, Calls = new int[6 * 50] };
        pool.Run(ref job, 6);
        Assert.All(job.Calls, calls => Assert.Equal(1, calls));
        Assert.Equal(-1, pool.CurrentWorker);
    }

    [Fact]
    public void Runs_from_several_threads_wait_for_each_other()
    {
        using WorkerPool pool = Create(2);
        long[] sums = new long[8];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            var job = new SumJob { Sums = sums };
            for (int run = 0; run < 500; run++)
            {
                pool.Run(ref job, 8);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(sums, sum => Assert.Equal(2000, sum));
    }

    private protected abstract WorkerPool Create(int threads);

    private CountingJob Counting(int count, int threads) => new() { Calls = new int[count], Threads = threads, Idle = CallersWork ? 0 : Environment.CurrentManagedThreadId };

    private struct CountingJob : IJob
    {
        public int[] Calls;
        public int Threads;

        /// <summary>A thread that must not work; 0 for none.</summary>
        public int Idle;

        public readonly void Execute(int index, int worker)
        {
            Assert.InRange(worker, 0, Threads - 1);
            Assert.NotEqual(Idle, Environment.CurrentManagedThreadId);
            Interlocked.Increment(ref Calls[index]);
        }
    }

    private protected struct SumJob : IJob
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
                throw new InvalidTimeZoneException($"index {index}");
            }
        }
    }

    private struct NestingJob : IJob
    {
        public WorkerPool Pool;
        public int[] Calls;

        public readonly void Execute(int index, int worker)
        {
            Assert.Equal(worker, Pool.CurrentWorker);
            var inner = new InnerJob { Calls = Calls, Start = index * 50, Worker = worker };
            Pool.Run(ref inner, 50);
        }
    }

    private struct InnerJob : IJob
    {
        public int[] Calls;
        public int Start;
        public int Worker;

        public readonly void Execute(int index, int worker)
        {
            Assert.Equal(Worker, worker);
            Interlocked.Increment(ref Calls[Start + index]);
        }
    }
}
