using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>What tiles do to .NET's threads: their signal frames are larger. Where the stack that workers get is not enough, the process ends.</summary>
public sealed unsafe class TileThreadTests
{
    [Fact]
    public void Null_references_and_collections_are_survived_by_threads_that_use_tiles()
    {
        Assert.SkipUnless(TileSupport.IsAvailable, "AMX tiles are not there or not permitted");
        using var pool = new WorkerPool(2);
        pool.KeepCallersOut();
        var job = new HarassedJob { Kernels = new TileKernels(TileProcessor.Instance), Caught = new int[200] };
        pool.Run(ref job, job.Caught.Length);
        Assert.All(job.Caught, caught => Assert.Equal(2, caught));
    }

    [Fact]
    public void Threads_are_prepared_and_given_back_their_own_stack()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.Is64BitProcess, "tiles are used on Linux only");
        for (int turn = 0; turn < 20; turn++)
        {
            bool prepared = false;
            int caught = 0;
            var thread = new Thread(() =>
            {
                using (TileThread? tiles = TileThread.TryPrepare())
                {
                    prepared = tiles is not null && TileThread.IsPrepared;
                    caught += CatchNullReference();
                }

                prepared &= !TileThread.IsPrepared;
                caught += CatchNullReference();
            });
            thread.Start();
            thread.Join();
            Assert.True(prepared);
            Assert.Equal(2, caught);
        }
    }

    [Fact]
    public void The_state_that_the_system_keeps_is_read()
    {
        Assert.SkipUnless(Avx.IsSupported, "this processor has no state beside that of SSE");
        const ulong SseAndAvx = 6;
        Assert.Equal(SseAndAvx, TileSupport.ReadKeptState() & SseAndAvx);
    }

    [Fact]
    public void Permission_is_refused_where_there_are_no_tiles()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Avx.IsSupported && !TileSupport.IsPresent, "this machine has tiles, or another system than Linux");
        Assert.False(TileSupport.RequestPermission());
    }

    private static int CatchNullReference()
    {
        try
        {
            return Length(null) - 1;
        }
        catch (NullReferenceException)
        {
            return 1;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Length(int[]? nothing) => nothing!.Length;

    private struct HarassedJob : IJob
    {
        public TileKernels Kernels;
        public int[] Caught;

        public readonly void Execute(int index, int worker)
        {
            Caught[index] += CatchNullReference();
            Multiply();
            Caught[index] += CatchNullReference();
            if (index % 10 == 0)
            {
                GC.Collect();
            }

            Multiply();
        }

        private readonly void Multiply()
        {
            ushort* a = stackalloc ushort[32];
            ushort* b = stackalloc ushort[16 * 32];
            float* c = stackalloc float[16];
            new Span<ushort>(a, 32).Fill(BFloat16.FromSingle(1));
            new Span<ushort>(b, 16 * 32).Fill(BFloat16.FromSingle(2));
            var arguments = new GemmArguments { A = (byte*)a, AStride = 64, B = (byte*)b, Steps = 16, C = (byte*)c, CStride = 64, Tiles = 1 };
            Kernels.Invoke(&arguments, rows: 1, panels: 1, GemmKernelFlags.None);
            Assert.Equal(64, c[0]);
        }
    }
}
