using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Softmax and its logarithm over the last dimension, shifted by the largest element so that nothing overflows; in single precision whatever the element type.</summary>
public static class SoftmaxOp
{
    extension(Tensor x)
    {
        /// <summary>e^x / sum e^x of each row. A row of -infinity gives NaN.</summary>
        public Tensor Softmax()
        {
            Tensor source = x.Contiguous();
            Tensor y = x.Device.Empty(x.Shape, x.DType);
            if (!x.Device.Backend.TrySoftmax(source, y))
            {
                using var pause = x.Device.Tape.Pause();
                Tensor wide = source.Cast(DType.F32);
                Tensor e = wide.Sub(wide.Max(-1)).Exp();
                x.Device.Backend.Copy(e.Div(e.Sum(-1)), y);
            }

            if (x.Device.Tape.Record<SoftmaxNode>(source) is { } node)
            {
                node.Y = node.Save(y);
                Tape.Produce(node, y);
            }

            return y;
        }

        /// <summary>x - log sum e^x of each row.</summary>
        public Tensor LogSoftmax()
        {
            Tensor wide = x.Cast(DType.F32);
            Tensor shifted = wide.Sub(wide.Max(-1));
            return shifted.Sub(shifted.Exp().Sum(-1).Log()).Cast(x.DType);
        }
    }

    private sealed class SoftmaxNode : Node<SoftmaxNode>
    {
        public Tensor Y { get; set; } = null!;

        protected internal override void Backward()
        {
            Tensor dX = GradientOf(0, out bool accumulate);
            if (Device.Backend.TrySoftmaxGradient(Y, Upstream, dX, accumulate))
            {
                return;
            }

            // dX = y (dY - sum(dY y))
            Tensor y = Y.Cast(DType.F32);
            Tensor product = Upstream.Cast(DType.F32).Mul(y);
            Device.Backend.Axpy(1, product.Sub(y.Mul(product.Sum(-1))), accumulate ? 1 : 0, dX);
        }
    }
}
