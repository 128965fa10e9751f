using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>The same elements under another shape.</summary>
public static class ReshapeOp
{
    extension(Tensor x)
    {
        /// <summary>Gives the elements another shape; copies only when they are not contiguous. One extent may be -1: what is left.</summary>
        /// <exception cref="TensorException">The number of elements differs.</exception>
        public Tensor Reshape(params ReadOnlySpan<long> extents)
        {
            Shape shape = Resolve(x, extents);
            Tensor source = x.Contiguous();
            Tensor y = x.Device.View(source, shape, shape.ContiguousStrides(), source.Offset);
            if (x.Device.Tape.Record<ReshapeNode>(source) is { } node)
            {
                node.InputShape = x.Shape;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private static Shape Resolve(Tensor x, ReadOnlySpan<long> extents)
    {
        Span<long> resolved = stackalloc long[extents.Length];
        extents.CopyTo(resolved);
        int open = extents.IndexOf(-1);
        if (open >= 0)
        {
            if (extents[(open + 1)..].Contains(-1))
            {
                throw new TensorException($"reshape: at most one extent may be -1, found [{string.Join(", ", extents.ToArray())}] for shape {x.Shape}");
            }

            resolved[open] = 1;
            long known = new Shape(resolved).Count;
            resolved[open] = known == 0 ? 0 : x.Count / known;
        }

        var shape = new Shape(resolved);
        return shape.Count == x.Count ? shape : throw new TensorException($"reshape: shape {x.Shape} has {x.Count} elements, {shape} has {shape.Count}");
    }

    private sealed class ReshapeNode : Node<ReshapeNode>
    {
        public Shape InputShape { get; set; }

        protected internal override void Backward()
        {
            Tensor upstream = Upstream;
            PassGradient(0, Device.View(upstream, InputShape, InputShape.ContiguousStrides(), upstream.Offset));
        }
    }
}
