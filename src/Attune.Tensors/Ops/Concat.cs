using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Joins tensors along a dimension.</summary>
public static class ConcatOp
{
    extension(Tensor x)
    {
        /// <summary>Puts <paramref name="other"/> behind this tensor along a dimension; all other extents are equal.</summary>
        /// <exception cref="TensorException">The shapes or types do not fit.</exception>
        public Tensor Concat(Tensor other, int dimension = 0)
        {
            int index = x.Shape.Normalize(dimension);
            if (x.DType != other.DType || x.Shape.Rank != other.Shape.Rank || x.Shape.With(index, 0) != other.Shape.With(index, 0))
            {
                throw new TensorException($"concat along dimension {dimension}: {x} and {other} differ in more than that extent");
            }

            long first = x.Shape[index];
            Tensor y = x.Device.Empty(x.Shape.With(index, first + other.Shape[index]), x.DType);
            x.Device.Backend.Copy(x, NarrowOp.Range(y, index, 0, first));
            x.Device.Backend.Copy(other, NarrowOp.Range(y, index, first, other.Shape[index]));
            if (x.Device.Tape.Record<ConcatNode>(x, other) is { } node)
            {
                node.Dimension = index;
                node.First = first;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private sealed class ConcatNode : Node<ConcatNode>
    {
        public int Dimension { get; set; }

        public long First { get; set; }

        protected internal override void Backward()
        {
            PassGradient(0, NarrowOp.Range(Upstream, Dimension, 0, First));
            PassGradient(1, NarrowOp.Range(Upstream, Dimension, First, Upstream.Shape[Dimension] - First));
        }
    }
}
