using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

public sealed class WorkerPoolTests : WorkerPoolRuns
{
    private protected override bool CallersWork => true;

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

    private protected override WorkerPool Create(int threads) => new(threads);

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
}
