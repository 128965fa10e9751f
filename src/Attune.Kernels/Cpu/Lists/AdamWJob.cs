using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Lists;

/// <summary>AdamW on a list of parameters whose tensors are all F32 and contiguous: one piece of one of them per index.</summary>
internal readonly unsafe struct AdamWJob<V> : IJob
    where V : struct, IVec<V>
{
    private readonly AdamWItem* _items;
    private readonly long* _ends;
    private readonly int _count;

    private AdamWJob(AdamWItem* items, long* ends, int count)
    {
        _items = items;
        _ends = ends;
        _count = count;
    }

    public static void Run(CpuOperators operators, ReadOnlySpan<AdamWUpdate> updates)
    {
        lock (operators.Pool.Runs)
        {
            var items = (AdamWItem*)operators.Shared(updates.Length * (long)(sizeof(AdamWItem) + sizeof(long)));
            var ends = (long*)(items + updates.Length);
            long pieces = 0;
            for (int i = 0; i < updates.Length; i++)
            {
                items[i] = new AdamWItem(updates[i]);
                ends[i] = pieces += PieceCount.Of(items[i].Count);
            }

            var job = new AdamWJob<V>(items, ends, updates.Length);
            operators.Pool.Run(ref job, checked((int)pieces));
        }
    }

    public void Execute(int index, int worker)
    {
        ref readonly AdamWItem item = ref _items[PieceCount.Find(new ReadOnlySpan<long>(_ends, _count), index, out long start)];
        Pointers p = item.Operands;
        for (int operand = 0; operand < AdamWKernel.Operands; operand++)
        {
            p[operand] += start * sizeof(float);
        }

        ElementwiseLoop<V, F32Element>.Run(item.Kernel, p, (nint)Math.Min(PieceCount.Elements, item.Count - start), start);
    }
}

/// <summary>A parameter of the list.</summary>
internal readonly struct AdamWItem
{
    public AdamWItem(in AdamWUpdate update)
    {
        Operands = new LoopNest([update.Gradient, update.Parameter, update.FirstMoment, update.SecondMoment]).Start;
        Kernel = new AdamWKernel(update.Step);
        Count = update.Parameter.Count;
    }

    /// <summary>As <see cref="AdamWKernel"/> numbers them.</summary>
    public Pointers Operands { get; }

    public AdamWKernel Kernel { get; }

    public long Count { get; }
}
