using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>From a value per query and distance to a value per query and key.</summary>
/// <remarks>
/// Shapes: x [..., Q, Q + K - 1], result [..., Q, K], a view. Math: y[i, j] = x[i, j - i + Q - 1]. The last query stands at the last key, so column r of x is the distance
/// r - (K - 1) of the key from the query. Source: Transformer-XL (Dai et al. 2019), appendix B.
/// </remarks>
public static class RelativeShiftOp
{
    extension(Tensor x)
    {
        /// <summary>Moves each row so that its columns are keys instead of distances.</summary>
        /// <param name="keys">K; 1 or more when there are queries.</param>
        /// <exception cref="TensorException">The last extent is not Q + K - 1.</exception>
        public Tensor RelativeShift(int keys)
        {
            if (x.Shape.Rank < 2 || keys < 1 || x.Shape[-1] != x.Shape[-2] + keys - 1)
            {
                throw new TensorException($"relative shift: expected [..., Q, Q + {keys} - 1] for {keys} keys, found {x.Shape}");
            }

            Tensor source = x.Contiguous();
            Tensor y = Shifted(source, keys);
            if (x.Device.Tape.Record<RelativeShiftNode>(source) is { } node)
            {
                node.InputShape = x.Shape;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    /// <summary>One step down is one distance less: rows are a column shorter than they lie apart.</summary>
    private static Tensor Shifted(Tensor x, long keys)
    {
        Span<long> strides = stackalloc long[x.Shape.Rank];
        x.Strides.CopyTo(strides);
        strides[^2] = x.Shape[-1] - 1;
        return x.Device.View(x, x.Shape.With(-1, keys), Shape.FromStrides(strides), x.Offset + Math.Max(0, x.Shape[-2] - 1));
    }

    private sealed class RelativeShiftNode : Node<RelativeShiftNode>
    {
        public Shape InputShape { get; set; }

        protected internal override void Backward()
        {
            Tensor dX = Device.Zeros(InputShape, Upstream.DType);
            Device.Backend.Copy(Upstream, Shifted(dX, Upstream.Shape[-1]));
            PassGradient(0, dX);
        }
    }
}
