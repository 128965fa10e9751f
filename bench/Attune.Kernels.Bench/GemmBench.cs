using System.Diagnostics;
using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Bench;

/// <summary>One shape of a matrix product with random operands, of which it may have several that take turns.</summary>
internal sealed unsafe class GemmBench : IDisposable
{
    private readonly Gemm _gemm;
    private readonly PackedPanels[] _panels;
    private readonly MatrixView[] _left;
    private readonly MatrixView[] _result;

    public GemmBench(Gemm gemm, DType precision, int rows, int columns, int depth, int copies)
    {
        _gemm = gemm;
        void* weight = Random((long)columns * depth, precision);
        var view = new MatrixView(weight, precision, columns, depth, depth);
        _panels = [.. Enumerable.Range(0, copies).Select(_ => gemm.Pack(view, precision))];
        NativeMemory.AlignedFree(weight);
        _left = [.. Enumerable.Range(0, copies).Select(_ => new MatrixView(Random((long)rows * depth, precision), precision, rows, depth, depth))];
        _result = [.. Enumerable.Range(0, copies).Select(_ => new MatrixView(Random((long)rows * columns, precision), precision, rows, columns, columns))];
        Flops = 2.0 * rows * columns * depth;
    }

    public double Flops { get; }

    public long WeightBytes => _panels[0].Bytes;

    public double BestFlopsPerSecond(double seconds)
    {
        double best = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < 5 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; turn++)
        {
            long before = Stopwatch.GetTimestamp();
            for (int i = 0; i < _panels.Length; i++)
            {
                _gemm.Multiply(_left[i], _panels[i], _result[i]);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(before).TotalSeconds / _panels.Length);
        }

        return Flops / best;
    }

    public void Dispose()
    {
        foreach (PackedPanels weight in _panels)
        {
            weight.Dispose();
        }

        foreach (MatrixView matrix in _left.Concat(_result))
        {
            NativeMemory.AlignedFree(matrix.Data);
        }
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
