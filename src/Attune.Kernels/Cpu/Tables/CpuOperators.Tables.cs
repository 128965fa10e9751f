using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Tables;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

internal abstract partial class CpuOperators
{
    public abstract void GatherRows(Tensor source, Tensor indices, Tensor destination);

    public abstract void ScatterAddRows(Tensor source, Tensor indices, Tensor destination);
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
}
