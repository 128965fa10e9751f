using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Rows;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu;

internal abstract partial class CpuOperators
{
    public abstract bool TrySoftmax(Tensor source, Tensor destination);

    public abstract bool TrySoftmaxGradient(Tensor y, Tensor upstream, Tensor destination, bool accumulate);

    public abstract bool TryRmsNorm(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd);

    public abstract bool TryRmsNormGradient(
        Tensor x, Tensor weight, double offset, Tensor rstd, Tensor upstream, Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight);

    public abstract bool TryLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics);

    public abstract bool TryLayerNormGradient(
        Tensor x, Tensor? weight, Tensor statistics, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight, Tensor? dBias, bool accumulateBias);

    public abstract bool TryRope(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor destination, bool accumulate);

    public abstract bool TryCrossEntropy(Tensor logits, Tensor labels, Tensor losses, bool gradient);

    public abstract bool TryAdamWAndPack(
        Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, in AdamWStep step, PackedPanels panels);
}

internal sealed unsafe partial class CpuOperators<V>
{
    public override bool TrySoftmax(Tensor source, Tensor destination)
    {
        if (!RowView.Fits(source) || !RowView.Fits(destination))
        {
            return false;
        }

        SoftmaxJob<V>.Run(Pool, source, destination);
        return true;
    }

    public override bool TrySoftmaxGradient(Tensor y, Tensor upstream, Tensor destination, bool accumulate)
    {
        if (!RowView.Fits(y) || !RowView.Fits(upstream) || !RowView.Fits(destination))
        {
            return false;
        }

        SoftmaxGradientJob<V>.Run(Pool, y, upstream, destination, accumulate);
        return true;
    }

    public override bool TryRmsNorm(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd)
    {
        // In half precision the rounding before the weight would be another one.
        if (!RowView.Fits(x) || x.DType == DType.F16 || !RowView.Fits(weight) || !RowView.Fits(y))
        {
            return false;
        }

        RmsNormJob<V>.Run(Pool, x, weight, epsilon, offset, y, rstd);
        return true;
    }

    public override bool TryRmsNormGradient(
        Tensor x, Tensor weight, double offset, Tensor rstd, Tensor upstream, Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight)
    {
        if (!RowView.Fits(x) || !RowView.Fits(weight) || !RowView.Fits(upstream)
            || (dX is not null && !RowView.Fits(dX)) || (dWeight is not null && !RowView.Fits(dWeight)))
        {
            return false;
        }

        RmsNormGradientJob<V>.Run(this, x, weight, offset, rstd, upstream, dX, accumulateX, dWeight, accumulateWeight);
        return true;
    }

    public override bool TryLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics)
    {
        if (!RowView.Fits(x) || !FitsOrNone(weight) || !FitsOrNone(bias) || !RowView.Fits(y))
        {
            return false;
        }

        LayerNormJob<V>.Run(Pool, x, weight, bias, epsilon, y, statistics);
        return true;
    }

    public override bool TryLayerNormGradient(
        Tensor x, Tensor? weight, Tensor statistics, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight, Tensor? dBias, bool accumulateBias)
    {
        if (!RowView.Fits(x) || !FitsOrNone(weight) || !RowView.Fits(upstream) || !FitsOrNone(dX) || !FitsOrNone(dWeight) || !FitsOrNone(dBias))
        {
            return false;
        }

        LayerNormGradientJob<V>.Run(this, x, weight, statistics, upstream, dX, accumulateX, dWeight, accumulateWeight, dBias, accumulateBias);
        return true;
    }

    public override bool TryRope(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor destination, bool accumulate)
    {
        bool fits = Blocks.Takes(x.DType) && Blocks.Takes(destination.DType) && x.Strides[2] == 1 && destination.Strides[2] == 1
            && cos.DType == DType.F32 && sin.DType == DType.F32 && cos.IsContiguous && sin.IsContiguous;
        if (!fits)
        {
            return false;
        }

        lock (Pool.Runs)
        {
            int* places = ReadIndices(positions, cos.Shape[0]);
            RopeJob<V>.Run(Pool, x, cos, sin, places, interleaved, inverse, destination, accumulate);
        }

        return true;
    }

    public override bool TryCrossEntropy(Tensor logits, Tensor labels, Tensor losses, bool gradient)
    {
        if (!RowView.Fits(logits))
        {
            return false;
        }

        lock (Pool.Runs)
        {
            int* places = ReadIndices(labels, logits.Shape[1]);
            if (logits.DType == DType.BF16 && Kernels.StorageOf(DType.BF16) == DType.BF16)
            {
                EmittedCrossEntropyJob.Run(Pool, logits, places, losses, gradient);
            }
            else
            {
                CrossEntropyJob<V>.Run(Pool, logits, places, losses, gradient);
            }
        }

        return true;
    }

    public override bool TryAdamWAndPack(
        Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, in AdamWStep step, PackedPanels panels)
    {
        bool fits = AdamWPackJob<V>.IsOperand(parameter, panels) && AdamWPackJob<V>.IsOperand(gradient, panels)
            && AdamWPackJob<V>.IsOperand(firstMoment, panels) && AdamWPackJob<V>.IsOperand(secondMoment, panels);
        if (fits)
        {
            AdamWPackJob<V>.Run(Pool, step, gradient, parameter, firstMoment, secondMoment, panels);
        }

        return fits;
    }

    private static bool FitsOrNone(Tensor? tensor) => tensor is null || RowView.Fits(tensor);
}
