namespace Attune.Tensors;

/// <summary>Layer normalisation (Ba, Kiros, Hinton 2016).</summary>
/// <remarks>
/// Shapes: x [..., C], weight and bias [C]. Math: y = (x - mean) / sqrt(var + eps) w + b, the variance divided by C and made from the differences (two passes).
/// Numerics: computed in single precision whatever the type of x; only the result is rounded.
/// </remarks>
public static class LayerNormOp
{
    extension(Tensor x)
    {
        /// <summary>Normalises each row by its mean and variance, scales and shifts it.</summary>
        /// <exception cref="TensorException">The weight or the bias does not have the row's length.</exception>
        public Tensor LayerNorm(Tensor weight, Tensor? bias, double epsilon)
        {
            Shape row = [x.Shape[-1]];
            if (weight.Shape != row || (bias is not null && bias.Shape != row))
            {
                throw new TensorException($"layer norm: expected weight and bias {row} for {x.Shape}, found {weight.Shape} and {bias?.Shape.ToString() ?? "none"}");
            }

            Tensor wide = x.Cast(DType.F32);
            Tensor centred = wide.Sub(wide.Mean(-1));
            Tensor y = centred.Mul(centred.Square().Mean(-1).Affine(1, epsilon).Rsqrt()).Mul(weight.Cast(DType.F32));
            return (bias is null ? y : y.Add(bias.Cast(DType.F32))).Cast(x.DType);
        }
    }
}
