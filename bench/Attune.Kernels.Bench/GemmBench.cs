using System.Diagnostics;
using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Bench;

/// <summary>One shape of a matrix product with random operands.</summary>
internal sealed unsafe class GemmBench : IDisposable
{
    private readonly Gemm _gemm;
    private readonly PackedPanels _panels;
    private readonly void* _a;
    private readonly void* _c;
    private readonly MatrixView _left;
    private readonly MatrixView _result;

    public GemmBench(Gemm gemm, DType precision, int rows, int columns, int depth)
    {
        _gemm = gemm;
        void* weight = Random((long)columns * depth, precision);
        _panels = gemm.Pack(new MatrixView(weight, precision, columns, depth, depth), precision);
        NativeMemory.AlignedFree(weight);
        _a = Random((long)rows * depth, precision);
        _c = NativeMemory.AlignedAlloc((nuint)((long)rows * columns * sizeof(float)), 64);
        _left = new MatrixView(_a, precision, rows, depth, depth);
        _result = new MatrixView(_c, DType.F32, rows, columns, columns);
        Flops = 2.0 * rows * columns * depth;
    }

    public double Flops { get; }

    public long WeightBytes => _panels.Bytes;

    public double BestFlopsPerSecond(double seconds)
    {
        double best = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < 5 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; turn++)
        {
            long before = Stopwatch.GetTimestamp();
            _gemm.Multiply(_left, _panels, _result);
            best = Math.Min(best, Stopwatch.GetElapsedTime(before).TotalSeconds);
        }

        return Flops / best;
    }

    public void Dispose()
    {
        _panels.Dispose();
        NativeMemory.AlignedFree(_a);
        NativeMemory.AlignedFree(_c);
    }

    private static void* Random(long count, DType precision)
    {
        var random = new Random(1);
        void* data = NativeMemory.AlignedAlloc((nuint)(count * precision.SizeInBytes), 64);
        for (long i = 0; i < count; i++)
        {
            float value = random.NextSingle() - 0.5f;
            if (precision == DType.BF16)
            {
                ((ushort*)data)[i] = BFloat16.FromSingle(value);
            }
            else
            {
                ((float*)data)[i] = value;
            }
        }

        return data;
    }
}
