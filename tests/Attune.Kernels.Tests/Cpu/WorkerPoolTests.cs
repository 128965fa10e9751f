using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Executes_every_index_once(int threads)
    {
        using var pool = new WorkerPool(threads);
        foreach (int count in new[] { 0, 1, 2, 3, 7, 64, 1000 })
        {
            var job = new CountingJob { Calls = new int[count], Threads = threads };
            pool.Run(ref job, count);
            Assert.All(job.Calls, calls => Assert.Equal(1, calls));
        }
    }

    [Fact]
    public void Survives_many_small_runs()
    {
        using var pool = new WorkerPool(3);
        var job = new SumJob { Sums = new long[8] };
        for (int run = 0; run < 20_000; run++)
        {
            pool.Run(ref job, 8);
        }

        Assert.All(job.Sums, sum => Assert.Equal(20_000, sum));
    }

    [Fact]
    public void Wakes_parked_threads()
    {
        using var pool = new WorkerPool(2);
        for (int run = 0; run < 5; run++)
        {
            Thread.Sleep(2);
            var job = new MeetingJob { Present = new int[1] };
            pool.Run(ref job, 2);
            Assert.Equal(2, job.Present[0]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Exceptions_of_jobs_reach_the_caller_and_the_pool_stays_usable(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (int bad = 0; bad < 20; bad++)
        {
            var failing = new FailingJob { Bad = bad };
            var thrown = Assert.Throws<InvalidTimeZoneException>(() => pool.Run(ref failing, 20));
            Assert.Equal($"index {bad}", thrown.Message);
            var job = new CountingJob { Calls = new int[20], Threads = threads };
            pool.Run(ref job, 20);
            Assert.All(job.Calls, calls => Assert.Equal(1, calls));
        }
    }

    [Fact]
    public void A_run_inside_a_job_is_done_by_its_own_thread()
    {
        using var pool = new WorkerPool(3);
        var job = new NestingJob { Pool = pool, Calls = new int[6 * 50] };
        pool.Run(ref job, 6);
        Assert.All(job.Calls, calls => Assert.Equal(1, calls));
        Assert.Equal(-1, pool.CurrentWorker);
    }

    [Fact]
    public void Runs_from_several_threads_wait_for_each_other()
    {
        using var pool = new WorkerPool(2);
        var sums = new long[8];
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            var job = new PlainSumJob { Sums = sums };
            for (int run = 0; run < 500; run++)
            {
                pool.Run(ref job, 8);
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(sums, sum => Assert.Equal(2000, sum));
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using var pool = new WorkerPool(2);
        var job = new SumJob { Sums = new long[8] };
        for (int run = 0; run < 100; run++)
        {
            pool.Run(ref job, 8);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int run = 0; run < 1000; run++)
        {
            pool.Run(ref job, 8);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Copies_the_job_back()
    {
        using var pool = new WorkerPool(2);
        var job = new SelfCountingJob();
        pool.Run(ref job, 100);
        Assert.Equal(100, job.Count);
    }

    [Fact]
    public unsafe void Scratch_is_aligned_and_grows()
    {
        using var pool = new WorkerPool(2);
        foreach (long bytes in new long[] { 1, 100, 5000, 10, 100_000 })
        {
            byte* memory = pool.Scratch(1, bytes);
            Assert.Equal(0, (long)memory % 64);
            new Span<byte>(memory, (int)bytes).Fill(1);
        }
    }

    [Fact]
    public void Refuses_runs_after_dispose()
    {
        var pool = new WorkerPool(2);
        pool.Dispose();
        pool.Dispose();
        var job = new SelfCountingJob();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(ref job, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1025)]
    public void Refuses_thread_counts_outside_its_range(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(threads));

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3,8\n", new[] { 0, 1, 2, 3, 8 })]
    [InlineData("", new int[0])]
    public void Reads_processor_lists(string list, int[] expected) => Assert.Equal(expected, ProcessorTopology.ParseList(list));

    [Fact]
    public void Counts_usable_cores() => Assert.InRange(WorkerPool.DefaultThreads, 1, Environment.ProcessorCount);

    private struct CountingJob : IJob
    {
        public int[] Calls;
        public int Threads;

        public readonly void Execute(int index, int worker)
        {
            Assert.InRange(worker, 0, Threads - 1);
            Interlocked.Increment(ref Calls[index]);
        }
    }

    private struct SumJob : IJob
    {
        public long[] Sums;

        public readonly void Execute(int index, int worker) => Sums[index]++;
    }

    private struct PlainSumJob : IJob
    {
        public long[] Sums;

        public readonly void Execute(int index, int worker) => Sums[index]++;
    }

    private struct SelfCountingJob : IJob
    {
        public int Count;

        public void Execute(int index, int worker) => Interlocked.Increment(ref Count);
    }

    /// <summary>Ends only when two threads are inside it.</summary>
    private struct MeetingJob : IJob
    {
        public int[] Present;

        public readonly void Execute(int index, int worker)
        {
            Interlocked.Increment(ref Present[0]);
            SpinWait.SpinUntil(Both);
        }

        private readonly bool Both()
        {
            return Volatile.Read(ref Present[0]) == 2;
        }
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
