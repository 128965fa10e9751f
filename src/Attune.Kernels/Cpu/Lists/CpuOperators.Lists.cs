using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Lists;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu;

internal abstract partial class CpuOperators
{
    public abstract bool TryAdamW(ReadOnlySpan<AdamWUpdate> updates);

    public abstract bool TrySumsOfSquares(ReadOnlySpan<Tensor> sources, Tensor destination);
}

internal sealed partial class CpuOperators<V>
{
    public override bool TryAdamW(ReadOnlySpan<AdamWUpdate> updates)
    {
        bool areFlat = true;
        foreach (ref readonly AdamWUpdate update in updates)
        {
            (Tensor parameter, Tensor gradient, Tensor first, Tensor second, _) = update;
            if (!Blocks.Takes(parameter.DType) || !Blocks.Takes(gradient.DType) || !Blocks.Takes(first.DType) || !Blocks.Takes(second.DType))
            {
                return false;
            }

            areFlat &= IsFlat(parameter) && IsFlat(gradient) && IsFlat(first) && IsFlat(second);
        }

        if (areFlat)
        {
            AdamWJob<V>.Run(this, updates);
            return true;
        }

        foreach (ref readonly AdamWUpdate update in updates)
        {
            Run(new AdamWKernel(update.Step), update.Gradient, update.Parameter, update.FirstMoment, update.SecondMoment);
        }

        return true;
    }

    public override bool TrySumsOfSquares(ReadOnlySpan<Tensor> sources, Tensor destination)
    {
        foreach (Tensor source in sources)
        {
            if (!Blocks.Takes(source.DType) || !source.IsContiguous)
            {
                return false;
            }
        }

        SumsOfSquaresJob<V>.Run(this, sources, destination);
        return true;
    }

    private static bool IsFlat(Tensor tensor) => tensor.DType == DType.F32 && tensor.IsContiguous;
}
