using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Row-major copies and conversions of the element type.</summary>
public static class ContiguousOp
{
    extension(Tensor x)
    {
        /// <summary>The tensor itself when its elements lie row-major without gaps, else a copy in which they do.</summary>
        public Tensor Contiguous() => x.IsContiguous ? x : Copied(x, x.DType);

        /// <summary>The tensor itself when it has the element type, else a converted copy. Floats round to nearest even; the gradient is converted back.</summary>
        public Tensor Cast(DType dtype) => x.DType == dtype ? x : Copied(x, dtype);

        /// <summary>The same values without a way back for gradients.</summary>
        public Tensor Detached() => x.Device.View(x, x.Shape, x.Strides, x.Offset);
    }

    private static Tensor Copied(Tensor x, DType dtype)
    {
        Tensor y = x.Device.Empty(x.Shape, dtype);
        x.Device.Backend.Copy(x, y);
        if (dtype.IsFloat && x.Device.Tape.Record<CopyNode>(x) is { } node)
        {
            Tape.Produce(node, y);
        }

        return y;
    }

    private sealed class CopyNode : Node<CopyNode>
    {
        protected internal override void Backward() => PassGradient(0, Upstream);
    }
}
