using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Products of matrices.</summary>
public static class MatMulOp
{
    extension(Tensor left)
    {
        /// <summary>
        /// Product of matrices [..., M, K] and [..., K, N]; leading dimensions are equal. The result has the left element type; products are made in bf16 when either
        /// side is bf16, sums in single precision.
        /// </summary>
        /// <exception cref="TensorException">The shapes do not fit.</exception>
        public Tensor MatMul(Tensor right)
        {
            Tensor y = left.Device.Empty(ResultShape(left, right), left.DType);
            left.Device.Backend.MatMul(left, right, y, 1, accumulate: false);
            if (left.Device.Tape.Record<MatMulNode>(left, right) is { } node)
            {
                node.Keep(left, right);
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private static Shape ResultShape(Tensor left, Tensor right)
    {
        int rank = left.Shape.Rank;
        bool fits = rank >= 2 && right.Shape.Rank == rank && left.Shape[-1] == right.Shape[-2];
        for (int i = 0; fits && i < rank - 2; i++)
        {
            fits = left.Shape[i] == right.Shape[i];
        }

        return fits
            ? left.Shape.With(-1, right.Shape[-1])
            : throw new TensorException($"matmul: expected [..., M, K] and [..., K, N], found {left.Shape} and {right.Shape}");
    }

    private sealed class MatMulNode : Node<MatMulNode>
    {
        private Tensor? _left;
        private Tensor? _right;

        /// <summary>Keeps each factor only if the other one wants a gradient.</summary>
        public void Keep(Tensor left, Tensor right)
        {
            _left = Needs(1) ? Save(left) : null;
            _right = Needs(0) ? Save(right) : null;
        }

        protected internal override void Backward()
        {
            if (Needs(0))
            {
                Tensor dLeft = GradientOf(0, out bool accumulate);
                Device.Backend.MatMul(Upstream, _right!.Transpose(), dLeft, 1, accumulate);
            }

            if (Needs(1))
            {
                Tensor dRight = GradientOf(1, out bool accumulate);
                Device.Backend.MatMul(_left!.Transpose(), Upstream, dRight, 1, accumulate);
            }
        }
    }
}
