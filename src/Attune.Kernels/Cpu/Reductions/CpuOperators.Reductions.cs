using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Reductions;
using Attune.Kernels.Cpu.Scalar;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu;

internal abstract partial class CpuOperators
{
    public abstract void Reduce(ReduceKind kind, Tensor source, Tensor destination);

    public abstract void ArgMax(Tensor source, Tensor destination);
}

internal sealed partial class CpuOperators<V>
{
    public override void Reduce(ReduceKind kind, Tensor source, Tensor destination)
    {
        if (!Blocks.Takes(source.DType) || source.Count == 0 || !ReduceNest.TryCreate(source, destination, out ReduceNest nest))
        {
            ScalarOperators.Reduce(kind, source, destination);
            return;
        }

        switch (kind)
        {
            case ReduceKind.Sum:
                Reduce<SumReduction>(nest, source, destination);
                break;
            case ReduceKind.SumOfSquares:
                Reduce<SumOfSquaresReduction>(nest, source, destination);
                break;
            case ReduceKind.Max:
                Reduce<MaxReduction>(nest, source, destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a reduction");
        }
    }

    public override void ArgMax(Tensor source, Tensor destination)
    {
        if (Blocks.Takes(source.DType) && source.IsContiguous)
        {
            ArgMaxJob<V>.Run(Pool, source, destination);
        }
        else
        {
            ScalarOperators.ArgMax(source, destination);
        }
    }

    private void Reduce<TReduction>(in ReduceNest nest, Tensor source, Tensor destination)
        where TReduction : struct, IReduction
    {
        if (nest.Columns == 1)
        {
            RowReduceJob<V, TReduction>.Run(this, nest, source, destination);
        }
        else
        {
            ColumnReduceJob<V, TReduction>.Run(this, nest, source, destination);
        }
    }
}
