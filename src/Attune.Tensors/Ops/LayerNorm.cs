using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Layer normalisation (Ba, Kiros, Hinton 2016).</summary>
/// <remarks>
/// Shapes: x [..., C], weight and bias [C]. Math: y = n w + b with n = (x - mean) / sqrt(var + eps), the variance divided by C and made from the differences (two passes).
/// Gradient (fused): with g = dY w, dX = (g - mean(g) - n mean(g n)) / sqrt(var + eps); dW = sum over rows of dY n; db = sum over rows of dY.
/// Numerics: computed in single precision whatever the type of x; only the result is rounded.
/// </remarks>
public static class LayerNormOp
{
    extension(Tensor x)
    {
        /// <summary>Normalises each row by its mean and variance, scales and shifts it.</summary>
        /// <param name="weight">[C]; null for no scale.</param>
        /// <param name="bias">[C]; null for no shift.</param>
        /// <param name="epsilon">Added to the variance.</param>
        /// <param name="dtype">Element type of the result; that of x when null.</param>
        /// <exception cref="TensorException">The weight or the bias does not have the row's length.</exception>
        public Tensor LayerNorm(Tensor? weight, Tensor? bias, double epsilon, DType? dtype = null)
        {
            Shape row = [x.Shape[-1]];
            if ((weight is not null && weight.Shape != row) || (bias is not null && bias.Shape != row))
            {
                throw new TensorException(
                    $"layer norm: expected weight and bias {row} for {x.Shape}, found {weight?.Shape.ToString() ?? "none"} and {bias?.Shape.ToString() ?? "none"}");
            }

            Device device = x.Device;
            Tensor source = x.Contiguous();
            Tensor? scale = weight?.Contiguous();
            Tensor? shift = bias?.Contiguous();
            Tensor y = device.Empty(x.Shape, dtype ?? x.DType);
            Tensor statistics = device.Empty(x.Shape.With(-1, 2), DType.F32);
            if (!device.Backend.TryLayerNorm(source, scale, shift, epsilon, y, statistics))
            {
                return Compose(source, scale, shift, epsilon, y.DType);
            }

            if (device.Tape.Record<LayerNormNode>(source, scale, shift) is { } node)
            {
                node.X = node.Save(source);
                node.Weight = scale is null ? null : node.Save(scale);
                node.Statistics = node.Save(statistics);
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private static Tensor Compose(Tensor x, Tensor? weight, Tensor? bias, double epsilon, DType dtype)
    {
        Tensor wide = x.Cast(DType.F32);
        Tensor centred = wide.Sub(wide.Mean(-1));
        Tensor y = centred.Mul(centred.Square().Mean(-1).Affine(1, epsilon).Rsqrt());
        y = weight is null ? y : y.Mul(weight.Cast(DType.F32));
        return (bias is null ? y : y.Add(bias.Cast(DType.F32))).Cast(dtype);
    }

    private sealed class LayerNormNode : Node<LayerNormNode>
    {
        public Tensor X { get; set; } = null!;

        public Tensor? Weight { get; set; }

        public Tensor Statistics { get; set; } = null!;

        protected internal override void Backward()
        {
            bool accumulateX = false;
            bool accumulateWeight = false;
            bool accumulateBias = false;
            Tensor? dX = Needs(0) ? GradientOf(0, out accumulateX) : null;
            Tensor? dWeight = Needs(1) ? GradientOf(1, out accumulateWeight) : null;
            Tensor? dBias = Needs(2) ? GradientOf(2, out accumulateBias) : null;
            if (!Device.Backend.TryLayerNormGradient(X, Weight, Statistics, Upstream, dX, accumulateX, dWeight, accumulateWeight, dBias, accumulateBias))
            {
                throw new TensorException($"layer norm: the backend {Device.Backend.Tier} has a fused forward but no fused gradient for {X}");
            }
        }
    }
}
