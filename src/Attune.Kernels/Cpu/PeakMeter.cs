using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Rates that this machine reached on all threads of a pool, the best of several tries.</summary>
/// <param name="Tier">The instructions in use.</param>
/// <param name="Threads">Threads.</param>
/// <param name="F32PeakFlopsPerSecond">Multiply-adds of fp32 on registers only; 0 where no code is emitted.</param>
/// <param name="BF16PeakFlopsPerSecond">The same with operands as bf16 products use them.</param>
/// <param name="F32GemmFlopsPerSecond">Matrix products in fp32.</param>
/// <param name="BF16GemmFlopsPerSecond">Matrix products in bf16.</param>
/// <param name="MemoryBytesPerSecond">Reading memory in order.</param>
public sealed record MachinePeaks(
    CpuTier Tier,
    int Threads,
    double F32PeakFlopsPerSecond,
    double BF16PeakFlopsPerSecond,
    double F32GemmFlopsPerSecond,
    double BF16GemmFlopsPerSecond,
    double MemoryBytesPerSecond);

/// <summary>Measures what the machine can do, in some tens of milliseconds each.</summary>
public static unsafe class PeakMeter
{
    private const double DefaultSeconds = 0.03;
    private const int GemmRows = 512;
    private const int GemmDepth = 768;
    private const int GemmColumns = 1536;
    private const long MemoryBytes = 128 << 20;
    private const long MemoryBlock = 256 << 10;
    private const long PeakTurns = 20_000;

    /// <summary>Measures everything with the threads of an engine.</summary>
    public static MachinePeaks Measure(Gemm gemm) => new(
        gemm.Kernels.Tier,
        gemm.Pool.Threads,
        ArithmeticPeak(gemm, DType.F32),
        ArithmeticPeak(gemm, DType.BF16),
        GemmRate(gemm, DType.F32),
        GemmRate(gemm, DType.BF16),
        MemoryRate(gemm.Pool));

    /// <summary>Multiply-adds on registers only, in operations per second over all threads; 0 where no code is emitted.</summary>
    public static double ArithmeticPeak(Gemm gemm, DType precision, double seconds = DefaultSeconds)
    {
        if (gemm.Kernels.Tier == CpuTier.Portable)
        {
            return 0;
        }

        var job = new PeakJob(PeakKernel.Create(gemm.Kernels, gemm.Kernels.StorageOf(precision)));
        int threads = gemm.Pool.Threads;
        return BestRate(() => gemm.Pool.Run(ref job, threads), threads * PeakTurns * (double)job.Kernel.OperationsPerTurn, seconds);
    }

    /// <summary>Products of 512 rows, in operations per second over all threads.</summary>
    public static double GemmRate(Gemm gemm, DType precision, double seconds = DefaultSeconds)
    {
        int elementBytes = precision.SizeInBytes;
        using var a = AlignedBuffer.Zeroed(GemmRows * GemmDepth * (long)elementBytes);
        using var w = AlignedBuffer.Zeroed(GemmColumns * GemmDepth * (long)elementBytes);
        using var c = AlignedBuffer.Zeroed(GemmRows * GemmColumns * (long)sizeof(float));
        using PackedPanels panels = gemm.Pack(new MatrixView(w.Pointer, precision, GemmColumns, GemmDepth, GemmDepth), precision);
        var left = new MatrixView(a.Pointer, precision, GemmRows, GemmDepth, GemmDepth);
        var result = new MatrixView(c.Pointer, DType.F32, GemmRows, GemmColumns, GemmColumns);
        return BestRate(() => gemm.Multiply(left, panels, result), 2.0 * GemmRows * GemmDepth * GemmColumns, seconds);
    }

    /// <summary>Reads memory larger than most caches in order, in bytes per second over all threads.</summary>
    public static double MemoryRate(WorkerPool pool, double seconds = DefaultSeconds)
    {
        using var memory = AlignedBuffer.Zeroed(MemoryBytes);
        var job = new ReadJob(memory.Pointer, pool.Threads);
        return BestRate(() => pool.Run(ref job, (int)(MemoryBytes / MemoryBlock)), MemoryBytes, seconds);
    }

    private static double BestRate(Action work, double amount, double seconds)
    {
        work();
        double best = 0;
        long start = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < 3 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; turn++)
        {
            long before = Stopwatch.GetTimestamp();
            work();
            best = Math.Max(best, amount / Stopwatch.GetElapsedTime(before).TotalSeconds);
        }

        return best;
    }

    private readonly struct PeakJob(PeakKernel kernel) : IJob
    {
        public PeakKernel Kernel { get; } = kernel;

        public void Execute(int index, int worker) => Kernel.Run(PeakTurns);
    }

    private readonly struct ReadJob(byte* memory, int threads) : IJob
    {
        // Keeps the sums, one per thread, so that the compiler cannot drop the reads.
        private readonly ulong[] _sums = new ulong[threads * 16];

        // At once in its final form: there is no time to wait for the runtime to find out that it is hot.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Execute(int index, int worker)
        {
            Vector256<ulong> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            byte* block = memory + (index * MemoryBlock);
            for (long i = 0; i < MemoryBlock; i += 128)
            {
                sum0 ^= Vector256.Load((ulong*)(block + i));
                sum1 ^= Vector256.Load((ulong*)(block + i + 32));
                sum2 ^= Vector256.Load((ulong*)(block + i + 64));
                sum3 ^= Vector256.Load((ulong*)(block + i + 96));
            }

            _sums[worker * 16] += Vector256.Sum(sum0 ^ sum1 ^ sum2 ^ sum3);
        }
    }
}
