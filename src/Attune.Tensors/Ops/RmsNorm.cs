using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Root-mean-square normalisation (Zhang and Sennrich 2019).</summary>
/// <remarks>
/// Shapes: x [..., C], weight [C]. Math: y = x r (w + offset) with r = 1 / sqrt(mean(x^2) + eps).
/// Gradient: with g = dY (w + offset), dX = r (g - x r^2 mean(g x)); dW = sum over rows of dY x r.
/// Numerics: computed in single precision whatever the type of x. For a bf16 x and offset 0 the normalised value is rounded before the weight is applied, as
/// transformers does for Llama; with an offset of 1 (Gemma) only the result is rounded.
/// </remarks>
public static class RmsNormOp
{
    extension(Tensor x)
    {
        /// <summary>Normalises each row by its root mean square and scales it.</summary>
        /// <param name="weight">[C].</param>
        /// <param name="epsilon">Added to the mean square.</param>
        /// <param name="offset">Added to the weight.</param>
        /// <param name="dtype">Element type of the result; that of x when null.</param>
        /// <exception cref="TensorException">The weight does not have the row's length.</exception>
        public Tensor RmsNorm(Tensor weight, double epsilon, double offset = 0, DType? dtype = null)
        {
            if (weight.Shape.Rank != 1 || weight.Shape[0] != x.Shape[-1])
            {
                throw new TensorException($"rms norm: expected a weight [{x.Shape[-1]}] for {x.Shape}, found {weight.Shape}");
            }

            Tensor source = x.Contiguous();
            Tensor scale = weight.Contiguous();
            Tensor y = x.Device.Empty(x.Shape, dtype ?? x.DType);
            Tensor rstd = x.Device.Empty(x.Shape.With(-1, 1), DType.F32);
            if (!x.Device.Backend.TryRmsNorm(source, scale, epsilon, offset, y, rstd))
            {
                Compose(source, scale, epsilon, offset, y, rstd);
            }

            if (x.Device.Tape.Record<RmsNormNode>(source, scale) is { } node)
            {
                node.X = node.Save(source);
                node.Weight = node.Save(scale);
                node.Rstd = node.Save(rstd);
                node.Offset = offset;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private static void Compose(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd)
    {
        using var pause = x.Device.Tape.Pause();
        Tensor wide = x.Cast(DType.F32);
        x.Device.Backend.Copy(wide.Square().Mean(-1).Affine(1, epsilon).Rsqrt(), rstd);
        Tensor normalised = wide.Mul(rstd);
        Tensor scale = weight.Cast(DType.F32).Affine(1, offset);
        x.Device.Backend.Copy((offset == 0 ? normalised.Cast(x.DType).Cast(DType.F32) : normalised).Mul(scale), y);
    }

    private sealed class RmsNormNode : Node<RmsNormNode>
    {
        public Tensor X { get; set; } = null!;

        public Tensor Weight { get; set; } = null!;

        public Tensor Rstd { get; set; } = null!;

        public double Offset { get; set; }

        protected internal override void Backward()
        {
            bool accumulateX = false;
            bool accumulateW = false;
            Tensor? dX = Needs(0) ? GradientOf(0, out accumulateX) : null;
            Tensor? dW = Needs(1) ? GradientOf(1, out accumulateW) : null;
            if (Device.Backend.TryRmsNormGradient(X, Weight, Offset, Rstd, Upstream, dX, accumulateX, dW, accumulateW))
            {
                return;
            }

            Tensor x = X.Cast(DType.F32);
            Tensor dY = Upstream.Cast(DType.F32);
            if (dX is not null)
            {
                Tensor g = dY.Mul(Weight.Cast(DType.F32).Affine(1, Offset));
                Tensor mean = g.Mul(x).Mean(-1).Mul(Rstd.Square());
                Device.Backend.Axpy(1, g.Sub(x.Mul(mean)).Mul(Rstd), accumulateX ? 1 : 0, dX);
            }

            if (dW is not null)
            {
                Device.Backend.Axpy(1, ExpandOp.SumTo(dY.Mul(x.Mul(Rstd)), dW.Shape), accumulateW ? 1 : 0, dW);
            }
        }
    }
}
