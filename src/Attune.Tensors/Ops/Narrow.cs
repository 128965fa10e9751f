using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Tensors;

/// <summary>A range of one dimension.</summary>
public static class NarrowOp
{
    extension(Tensor x)
    {
        /// <summary>A view of <paramref name="length"/> places of a dimension from <paramref name="start"/> on.</summary>
        /// <exception cref="TensorException">The range is not inside the dimension.</exception>
        public Tensor Narrow(int dimension, long start, long length)
        {
            int index = x.Shape.Normalize(dimension);
            if (start < 0 || length < 0 || start > x.Shape[index] - length)
            {
                throw new TensorException($"narrow: {start}..{start + length} is not inside dimension {dimension} of shape {x.Shape}");
            }

            Tensor y = Range(x, index, start, length);
            if (x.Device.Tape.Record<NarrowNode>(x) is { } node)
            {
                node.Dimension = index;
                node.Start = start;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    internal static Tensor Range(Tensor x, int dimension, long start, long length) =>
        x.Device.View(x, x.Shape.With(dimension, length), x.Strides, x.Offset + (start * x.Strides[dimension]));

    private sealed class NarrowNode : Node<NarrowNode>
    {
        public int Dimension { get; set; }

        public long Start { get; set; }

        protected internal override void Backward()
        {
            Tensor target = GradientOf(0, out bool accumulate);
            Tensor range = Range(target, Dimension, Start, Upstream.Shape[Dimension]);
            if (!accumulate)
            {
                Device.Backend.Fill(target, 0);
                Device.Backend.Copy(Upstream, range);
            }
            else if (range.IsContiguous)
            {
                Device.Backend.Axpy(1, Upstream, 1, range);
            }
            else
            {
                // Only fills and copies write with strides.
                Tensor sum = Device.Empty(range.Shape, range.DType);
                Device.Backend.Zip(ZipKind.Add, range, Upstream, sum);
                Device.Backend.Copy(sum, range);
            }
        }
    }
}
