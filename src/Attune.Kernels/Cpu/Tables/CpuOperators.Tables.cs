using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Tables;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

internal abstract partial class CpuOperators
{
    public abstract void GatherRows(Tensor source, Tensor indices, Tensor destination);

    public abstract void ScatterAddRows(Tensor source, Tensor indices, Tensor destination);

    public abstract bool TryPutRows(Tensor source, Tensor indices, Tensor destination);
}

internal sealed unsafe partial class CpuOperators<V>
{
    public override void GatherRows(Tensor source, Tensor indices, Tensor destination)
    {
        lock (Pool.Runs)
        {
            GatherJob<V>.Run(Pool, source, ReadIndices(indices, source.Shape[0]), indices.Count, destination);
        }
    }

    public override void ScatterAddRows(Tensor source, Tensor indices, Tensor destination)
    {
        if (!Blocks.Takes(source.DType) || !Blocks.Takes(destination.DType))
        {
            throw new TensorException($"scatter add: expected rows of floats (F32, BF16, F16), found {source} and {destination}; cast them first");
        }

        lock (Pool.Runs)
        {
            ScatterAddJob<V>.Run(Pool, source, ReadIndices(indices, destination.Shape[0]), indices.Count, destination);
        }
    }

    public override bool TryPutRows(Tensor source, Tensor indices, Tensor destination)
    {
        if (source.DType != destination.DType || !destination.IsContiguous || source.Count == 0 || !HasWholeRows(source)
            || destination.Count / destination.Shape[0] != source.Count / source.Shape[0] || indices.Count != source.Shape[0])
        {
            return false;
        }

        lock (Pool.Runs)
        {
            PutRowsJob.Run(Pool, source, ReadIndices(indices, destination.Shape[0]), destination);
        }

        return true;
    }

    /// <summary>Whether each row lies without gaps.</summary>
    private static bool HasWholeRows(Tensor tensor)
    {
        long stride = 1;
        for (int d = tensor.Shape.Rank - 1; d > 0; d--)
        {
            if (tensor.Shape[d] != 1 && tensor.Strides[d] != stride)
            {
                return false;
            }

            stride *= tensor.Shape[d];
        }

        return tensor.Shape.Rank > 0;
    }
}
