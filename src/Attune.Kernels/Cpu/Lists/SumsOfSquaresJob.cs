using Attune.Kernels.Cpu.Reductions;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Lists;

/// <summary>Sums of squares of a list of contiguous tensors: one piece of one of them per index. The sums of a tensor's pieces are joined in order.</summary>
internal readonly unsafe struct SumsOfSquaresJob<V> : IJob
    where V : struct, IVec<V>
{
    private readonly SquaresItem* _items;
    private readonly long* _ends;
    private readonly double* _sums;
    private readonly int _count;

    private SumsOfSquaresJob(SquaresItem* items, long* ends, double* sums, int count)
    {
        _items = items;
        _ends = ends;
        _sums = sums;
        _count = count;
    }

    public static void Run(CpuOperators operators, ReadOnlySpan<Tensor> sources, Tensor destination)
    {
        long pieces = 0;
        foreach (Tensor source in sources)
        {
            pieces += PieceCount.Of(source.Count);
        }

        lock (operators.Pool.Runs)
        {
            var items = (SquaresItem*)operators.Shared((sources.Length * (long)(sizeof(SquaresItem) + sizeof(long))) + (pieces * sizeof(double)));
            var ends = (long*)(items + sources.Length);
            pieces = 0;
            for (int i = 0; i < sources.Length; i++)
            {
                items[i] = new SquaresItem(CpuStorage.Start(sources[i]), sources[i].Count, sources[i].DType);
                ends[i] = pieces += PieceCount.Of(sources[i].Count);
            }

            var job = new SumsOfSquaresJob<V>(items, ends, (double*)(ends + sources.Length), sources.Length);
            operators.Pool.Run(ref job, checked((int)pieces));
            job.Join((float*)CpuStorage.Start(destination));
        }
    }

    public void Execute(int index, int worker)
    {
        SquaresItem item = _items[PieceCount.Find(new ReadOnlySpan<long>(_ends, _count), index, out long start)];
        _sums[index] = Runs.Reduce<V, SumOfSquaresReduction>(
            item.DType, item.Start + (start * item.DType.SizeInBytes), 1, Math.Min(PieceCount.Elements, item.Count - start));
    }

    private void Join(float* destination)
    {
        long piece = 0;
        for (int i = 0; i < _count; i++)
        {
            double sum = SumOfSquaresReduction.Nothing;
            for (; piece < _ends[i]; piece++)
            {
                sum = SumOfSquaresReduction.Join(sum, _sums[piece]);
            }

            destination[i] = (float)sum;
        }
    }
}

/// <summary>A tensor of the list.</summary>
internal readonly unsafe struct SquaresItem(byte* start, long count, DType dtype)
{
    public byte* Start => start;

    public long Count => count;

    public DType DType => dtype;
}
