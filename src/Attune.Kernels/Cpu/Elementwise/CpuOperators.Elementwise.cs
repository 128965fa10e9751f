using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Scalar;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu;

internal abstract partial class CpuOperators
{
    public abstract void Fill(Tensor destination, double value);

    public abstract void Copy(Tensor source, Tensor destination);

    public abstract void Axpy(double alpha, Tensor source, double beta, Tensor destination);

    public abstract void Map(MapKind kind, Tensor source, Tensor destination, double parameter);

    public abstract void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate);

    public abstract void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination);

    public abstract void Select(Tensor condition, Tensor left, Tensor right, Tensor destination);

    public abstract void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate);

    public abstract bool TrySwiGlu(Tensor gate, Tensor up, Tensor y);

    public abstract bool TrySwiGluGradient(Tensor gate, Tensor up, Tensor upstream, Tensor? dGate, bool accumulateGate, Tensor? dUp, bool accumulateUp);
}

internal sealed partial class CpuOperators<V>
{
    public override void Fill(Tensor destination, double value)
    {
        if (Blocks.Takes(destination.DType))
        {
            Run(new FillKernel((float)value), destination);
        }
        else
        {
            ScalarOperators.Fill(destination, value);
        }
    }

    public override void Copy(Tensor source, Tensor destination)
    {
        if (source.DType == destination.DType && source.IsContiguous && destination.IsContiguous)
        {
            CopyBytesJob.Run(Pool, source, destination);
        }
        else if (Blocks.Takes(source.DType) && Blocks.Takes(destination.DType))
        {
            Run(default(CopyKernel), source, destination);
        }
        else
        {
            ScalarOperators.Copy(source, destination);
        }
    }

    public override void Axpy(double alpha, Tensor source, double beta, Tensor destination)
    {
        if (Blocks.Takes(source.DType) && Blocks.Takes(destination.DType))
        {
            Run(new AxpyKernel((float)alpha, (float)beta), source, destination);
        }
        else
        {
            ScalarOperators.Axpy(alpha, source, beta, destination);
        }
    }

    public override void Map(MapKind kind, Tensor source, Tensor destination, double parameter)
    {
        if (Blocks.Takes(source.DType) && Blocks.Takes(destination.DType))
        {
            UnaryOperators.Dispatch(kind, new MapVisitor(Pool, source, destination, (float)parameter));
        }
        else
        {
            ScalarOperators.Map(kind, source, destination, parameter);
        }
    }

    public override void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate)
    {
        if (Blocks.Takes(source.DType) && Blocks.Takes(upstream.DType) && Blocks.Takes(destination.DType))
        {
            UnaryOperators.Dispatch(kind, new MapGradientVisitor(Pool, source, upstream, destination, (float)parameter, accumulate));
        }
        else
        {
            ScalarOperators.MapGradient(kind, source, upstream, destination, parameter, accumulate);
        }
    }

    public override void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination)
    {
        if (!Blocks.Takes(left.DType) || !Blocks.Takes(right.DType) || !Blocks.Takes(destination.DType))
        {
            ScalarOperators.Zip(kind, left, right, destination);
            return;
        }

        switch (kind)
        {
            case ZipKind.Add:
                Run(default(ZipKernel<AddOperator>), left, right, destination);
                break;
            case ZipKind.Sub:
                Run(default(ZipKernel<SubOperator>), left, right, destination);
                break;
            case ZipKind.Mul:
                Run(default(ZipKernel<MulOperator>), left, right, destination);
                break;
            case ZipKind.Div:
                Run(default(ZipKernel<DivOperator>), left, right, destination);
                break;
            case ZipKind.Max:
                Run(default(ZipKernel<MaxOperator>), left, right, destination);
                break;
            case ZipKind.Min:
                Run(default(ZipKernel<MinOperator>), left, right, destination);
                break;
            case ZipKind.Equal:
                Run(default(ZipKernel<EqualOperator>), left, right, destination);
                break;
            case ZipKind.Less:
                Run(default(ZipKernel<LessOperator>), left, right, destination);
                break;
            case ZipKind.LessOrEqual:
                Run(default(ZipKernel<LessOrEqualOperator>), left, right, destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a zip");
        }
    }

    public override void Select(Tensor condition, Tensor left, Tensor right, Tensor destination)
    {
        if (Blocks.Takes(condition.DType) && Blocks.Takes(left.DType) && Blocks.Takes(right.DType) && Blocks.Takes(destination.DType))
        {
            Run(default(SelectKernel), condition, left, right, destination);
        }
        else
        {
            ScalarOperators.Select(condition, left, right, destination);
        }
    }

    public override void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate)
    {
        if (Blocks.Takes(source.DType) && Blocks.Takes(destination.DType))
        {
            float scale = (float)(1 / (1 - probability));
            Run(new DropoutKernel(scale, ReferenceBackend.DropoutThreshold(probability), random, accumulate), source, destination);
        }
        else
        {
            ScalarOperators.Dropout(source, destination, probability, random, accumulate);
        }
    }

    public override bool TrySwiGlu(Tensor gate, Tensor up, Tensor y)
    {
        if (!Blocks.Takes(gate.DType) || !Blocks.Takes(up.DType) || !Blocks.Takes(y.DType))
        {
            return false;
        }

        if (SwiGluJob.Takes(Kernels, gate, up, y))
        {
            SwiGluJob.Forward(Pool, gate, up, y);
            return true;
        }

        Run(default(SwiGluKernel), gate, up, y);
        return true;
    }

    public override bool TrySwiGluGradient(Tensor gate, Tensor up, Tensor upstream, Tensor? dGate, bool accumulateGate, Tensor? dUp, bool accumulateUp)
    {
        if (dGate is null || dUp is null || !Blocks.Takes(gate.DType) || !Blocks.Takes(up.DType) || !Blocks.Takes(upstream.DType)
            || !Blocks.Takes(dGate.DType) || !Blocks.Takes(dUp.DType))
        {
            // One gradient alone is rare enough for the primitives.
            return false;
        }

        if (!accumulateGate && !accumulateUp && SwiGluJob.Takes(Kernels, gate, up, upstream, dGate, dUp))
        {
            SwiGluJob.Gradient(Pool, gate, up, upstream, dGate, dUp);
            return true;
        }

        Run(new SwiGluGradientKernel(accumulateGate, accumulateUp), gate, up, upstream, dGate, dUp);
        return true;
    }

    private void Run<TKernel>(in TKernel kernel, params ReadOnlySpan<Tensor> operands)
        where TKernel : struct, IElementwiseKernel => ElementwiseJob<V, TKernel>.Run(Pool, kernel, operands);

    private readonly struct MapVisitor(WorkerPool pool, Tensor source, Tensor destination, float parameter) : IUnaryVisitor
    {
        public void Visit<TOperator>()
            where TOperator : struct, IUnaryOperator =>
            ElementwiseJob<V, MapKernel<TOperator>>.Run(pool, new MapKernel<TOperator>(parameter), source, destination);
    }

    private readonly struct MapGradientVisitor(WorkerPool pool, Tensor source, Tensor upstream, Tensor destination, float parameter, bool accumulate)
        : IUnaryVisitor
    {
        public void Visit<TOperator>()
            where TOperator : struct, IUnaryOperator =>
            ElementwiseJob<V, MapGradientKernel<TOperator>>.Run(
                pool, new MapGradientKernel<TOperator>(parameter, accumulate), source, upstream, destination);
    }
}
