using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Exchange of two dimensions.</summary>
public static class TransposeOp
{
    extension(Tensor x)
    {
        /// <summary>A view in which two dimensions have changed places.</summary>
        public Tensor Transpose(int first = -2, int second = -1)
        {
            Tensor y = Swapped(x, first, second);
            if (x.Device.Tape.Record<TransposeNode>(x) is { } node)
            {
                node.First = first;
                node.Second = second;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private static Tensor Swapped(Tensor x, int first, int second)
    {
        Span<long> extents = stackalloc long[x.Shape.Rank];
        Span<long> strides = stackalloc long[x.Shape.Rank];
        x.Shape.CopyTo(extents);
        x.Strides.CopyTo(strides);
        int a = x.Shape.Normalize(first);
        int b = x.Shape.Normalize(second);
        (extents[a], extents[b]) = (extents[b], extents[a]);
        (strides[a], strides[b]) = (strides[b], strides[a]);
        return x.Device.View(x, new Shape(extents), Shape.FromStrides(strides), x.Offset);
    }

    private sealed class TransposeNode : Node<TransposeNode>
    {
        public int First { get; set; }

        public int Second { get; set; }

        protected internal override void Backward() => PassGradient(0, Swapped(Upstream, First, Second));
    }
}
