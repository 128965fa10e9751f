using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Cuts a dimension into ranges.</summary>
/// <remarks>Gradient: the ranges' gradients side by side, written once; that of a range which nothing depends on is 0.</remarks>
public static class SplitOp
{
    extension(Tensor x)
    {
        /// <summary>Views of two ranges that make up a dimension.</summary>
        /// <exception cref="TensorException">The extents do not add up to that of the dimension.</exception>
        public (Tensor First, Tensor Second) Split(int dimension, long first, long second)
        {
            (Tensor a, Tensor b, _) = Apply(x, dimension, first, second, third: null);
            return (a, b);
        }

        /// <summary>Views of three ranges that make up a dimension.</summary>
        /// <exception cref="TensorException">The extents do not add up to that of the dimension.</exception>
        public (Tensor First, Tensor Second, Tensor Third) Split(int dimension, long first, long second, long third)
        {
            (Tensor a, Tensor b, Tensor? c) = Apply(x, dimension, first, second, third);
            return (a, b, c!);
        }
    }

    private static (Tensor First, Tensor Second, Tensor? Third) Apply(Tensor x, int dimension, long first, long second, long? third)
    {
        int index = x.Shape.Normalize(dimension);
        if (first < 0 || second < 0 || third < 0 || first + second + (third ?? 0) != x.Shape[index])
        {
            throw new TensorException($"split: {first} + {second}{(third is null ? string.Empty : $" + {third}")} do not make up dimension {dimension} of shape {x.Shape}");
        }

        Tensor a = NarrowOp.Range(x, index, 0, first);
        Tensor b = NarrowOp.Range(x, index, first, second);
        Tensor? c = third is { } extent ? NarrowOp.Range(x, index, first + second, extent) : null;
        if (x.Device.Tape.Record<SplitNode>(x) is { } node)
        {
            node.Dimension = index;
            node.Ends = (first, first + second, x.Shape[index]);
            Tape.Produce(node, a, 0);
            Tape.Produce(node, b, 1);
            if (c is not null)
            {
                Tape.Produce(node, c, 2);
            }
        }

        return (a, b, c);
    }

    private sealed class SplitNode : Node<SplitNode>
    {
        public int Dimension { get; set; }

        public (long First, long Second, long Third) Ends { get; set; }

        protected internal override void Backward()
        {
            Tensor dX = GradientOf(0, out bool accumulate);
            Pass(dX, OutputGradient(0), 0, Ends.First, accumulate);
            Pass(dX, OutputGradient(1), Ends.First, Ends.Second, accumulate);
            Pass(dX, OutputGradient(2), Ends.Second, Ends.Third, accumulate);
        }

        private void Pass(Tensor dX, Tensor? gradient, long start, long end, bool accumulate)
        {
            Tensor range = NarrowOp.Range(dX, Dimension, start, end - start);
            if (gradient is null)
            {
                if (!accumulate)
                {
                    Device.Backend.Fill(range, 0);
                }

                return;
            }

            if (accumulate)
            {
                // Only fills and copies write with strides.
                Tensor sum = Device.Empty(range.Shape, range.DType);
                Device.Backend.Zip(Backends.ZipKind.Add, range, gradient, sum);
                gradient = sum;
            }

            Device.Backend.Copy(gradient, range);
        }
    }
}
