using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Repetition of extents of 1.</summary>
public static class ExpandOp
{
    extension(Tensor x)
    {
        /// <summary>A view broadcast to a larger shape by strides of 0; the gradient is summed back.</summary>
        /// <exception cref="TensorException">The shapes do not broadcast.</exception>
        public Tensor Expand(in Shape shape)
        {
            if (x.Shape == shape)
            {
                return x;
            }

            Tensor y = Broadcast(x, shape);
            if (x.Device.Tape.Record<ExpandNode>(x) is { } node)
            {
                node.InputShape = x.Shape;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    /// <summary>The view without a record of it.</summary>
    internal static Tensor Broadcast(Tensor x, in Shape shape)
    {
        if (x.Shape == shape)
        {
            return x;
        }

        int added = shape.Rank - x.Shape.Rank;
        bool fits = added >= 0;
        Span<long> strides = stackalloc long[shape.Rank];
        for (int i = 0; fits && i < shape.Rank; i++)
        {
            bool repeats = i < added || x.Shape[i - added] != shape[i];
            fits = !repeats || i < added || x.Shape[i - added] == 1;
            strides[i] = repeats ? 0 : x.Strides[Math.Max(0, i - added)];
        }

        if (!fits)
        {
            throw new TensorException($"expand: shape {x.Shape} does not broadcast to {shape}");
        }

        return x.Device.View(x, shape, Shape.FromStrides(strides), x.Offset);
    }

    /// <summary>Sums a gradient over the dimensions in which a smaller shape was repeated.</summary>
    internal static Tensor SumTo(Tensor gradient, in Shape shape)
    {
        if (gradient.Shape == shape)
        {
            return gradient;
        }

        int added = gradient.Shape.Rank - shape.Rank;
        Span<long> extents = stackalloc long[gradient.Shape.Rank];
        for (int i = 0; i < extents.Length; i++)
        {
            extents[i] = i < added ? 1 : shape[i - added];
        }

        Tensor sum = gradient.Device.Empty(new Shape(extents), gradient.DType);
        gradient.Device.Backend.Reduce(Backends.ReduceKind.Sum, gradient, sum);
        return gradient.Device.View(sum, shape, shape.ContiguousStrides(), sum.Offset);
    }

    private sealed class ExpandNode : Node<ExpandNode>
    {
        public Shape InputShape { get; set; }

        protected internal override void Backward() => PassGradient(0, SumTo(Upstream, InputShape));
    }
}
