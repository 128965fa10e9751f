using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Multiplication with and addition of a number.</summary>
public static class AffineOp
{
    extension(Tensor x)
    {
        /// <summary>scale x + shift.</summary>
        public Tensor Affine(double scale, double shift = 0)
        {
            Tensor y = x.Device.Empty(x.Shape, x.DType);
            if (shift != 0)
            {
                x.Device.Backend.Fill(y, shift);
            }

            x.Device.Backend.Axpy(scale, x, shift == 0 ? 0 : 1, y);
            if (x.Device.Tape.Record<AffineNode>(x) is { } node)
            {
                node.Scale = scale;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private sealed class AffineNode : Node<AffineNode>
    {
        public double Scale { get; set; }

        protected internal override void Backward()
        {
            Tensor dX = GradientOf(0, out bool accumulate);
            Device.Backend.Axpy(Scale, Upstream, accumulate ? 1 : 0, dX);
        }
    }
}
