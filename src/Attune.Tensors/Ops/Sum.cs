using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Tensors;

/// <summary>Sums, means and largest elements.</summary>
public static class SumOp
{
    extension(Tensor x)
    {
        /// <summary>Sum of all elements, a scalar.</summary>
        public Tensor Sum()
        {
            Span<long> ones = stackalloc long[x.Shape.Rank];
            ones.Fill(1);
            return Reduced(x, new Shape(ones)).Reshape();
        }

        /// <summary>Sum over one dimension, which stays with extent 1.</summary>
        public Tensor Sum(int dimension) => Reduced(x, x.Shape.With(dimension, 1));

        /// <summary>Mean of all elements, a scalar.</summary>
        public Tensor Mean() => x.Sum().Affine(1.0 / x.Count);

        /// <summary>Mean over one dimension, which stays with extent 1.</summary>
        public Tensor Mean(int dimension) => x.Sum(dimension).Affine(1.0 / x.Shape[dimension]);

        /// <summary>Largest element of one dimension, which stays with extent 1; no gradient flows through it.</summary>
        public Tensor Max(int dimension)
        {
            Tensor y = x.Device.Empty(x.Shape.With(dimension, 1), x.DType);
            x.Device.Backend.Reduce(ReduceKind.Max, x, y);
            return y;
        }

        /// <summary>Index of the largest element of each row as I32, without the last dimension.</summary>
        /// <exception cref="TensorException">There are no rows, or they are empty.</exception>
        public Tensor ArgMax()
        {
            if (x.Shape.Rank == 0 || x.Shape[-1] == 0)
            {
                throw new TensorException($"argmax: expected rows of at least one element, found shape {x.Shape}");
            }

            Span<long> extents = stackalloc long[x.Shape.Rank];
            x.Shape.CopyTo(extents);
            Tensor y = x.Device.Empty(new Shape(extents[..^1]), DType.I32);
            x.Device.Backend.ArgMax(x, y);
            return y;
        }
    }

    /// <summary>A view without the last dimension, which has extent 1; recorded.</summary>
    internal static Tensor WithoutLast(Tensor x)
    {
        Span<long> extents = stackalloc long[x.Shape.Rank];
        x.Shape.CopyTo(extents);
        return x.Reshape(extents[..^1]);
    }

    private static Tensor Reduced(Tensor x, in Shape shape)
    {
        Tensor y = x.Device.Empty(shape, x.DType);
        x.Device.Backend.Reduce(ReduceKind.Sum, x, y);
        if (x.Device.Tape.Record<SumNode>(x) is { } node)
        {
            node.InputShape = x.Shape;
            Tape.Produce(node, y);
        }

        return y;
    }

    private sealed class SumNode : Node<SumNode>
    {
        public Shape InputShape { get; set; }

        protected internal override void Backward() => PassGradient(0, ExpandOp.Broadcast(Upstream, InputShape));
    }
}
