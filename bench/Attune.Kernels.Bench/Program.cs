using Attune.Kernels.Bench;
using Attune.Kernels.Cpu;
using Attune.Tensors;

// Matrix products of 512 rows, and of one row, beside the peak of the same machine in the same minute; with the word operators (or attention) what is around them.
// "From memory" goes through as many operands and results as no cache holds.
// Usage: dotnet run -c Release --project bench/Attune.Kernels.Bench -- [tier] [rows | operators | attention]
const long BeyondCaches = 128L << 20;
CpuTier tier = args.Length > 0 ? CpuTiers.Parse(args[0]) : TierDetection.Default;
if (args.Length > 1 && args[1] is "operators" or "attention")
{
    OperatorBench.Run(tier, 1, onlyAttention: args[1] == "attention");
    OperatorBench.Run(tier, 2, onlyAttention: args[1] == "attention");
    return;
}

int rows = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 512;
(int Columns, int Depth)[] shapes = [(576, 576), (1536, 576), (576, 1536), (49152, 576), (2048, 2048), (5632, 2048), (2048, 5632)];
foreach (int threads in new[] { 1, 2 })
{
    using var pool = new WorkerPool(threads);
    using var gemm = new Gemm(pool, tier);
    double memory = PeakMeter.MemoryRate(pool, 0.3);
    Console.WriteLine($"{tier.Name}, {threads} threads, memory {memory / 1e9:F1} GB/s");
    foreach (DType precision in new[] { DType.BF16, DType.F32 })
    {
        foreach ((int columns, int depth) in shapes)
        {
            using var bench = new GemmBench(gemm, precision, rows, columns, depth, copies: 1);
            using var many = new GemmBench(gemm, precision, rows, columns, depth, copies: 1 + (int)(BeyondCaches / ((long)columns * depth * precision.SizeInBytes)));
            double peak = PeakMeter.ArithmeticPeak(gemm, precision);
            double rate = bench.BestFlopsPerSecond(seconds: 0.2);
            double cold = many.BestFlopsPerSecond(seconds: 0.2);
            double bytes = cold / bench.Flops * bench.WeightBytes;
            Console.WriteLine($"  {precision} {rows} x {columns} x {depth}: {rate / 1e9,7:F0} GFLOP/s, {rate / peak:P0} of {peak / 1e9:F0}; from memory {cold / 1e9:F0}, weights {bytes / 1e9:F1} GB/s");
        }
    }
}
