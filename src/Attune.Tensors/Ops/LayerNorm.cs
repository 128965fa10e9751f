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

            Tensor wide = x.Cast(DType.F32);
            Tensor centred = wide.Sub(wide.Mean(-1));
            Tensor y = centred.Mul(centred.Square().Mean(-1).Affine(1, epsilon).Rsqrt());
            y = weight is null ? y : y.Mul(weight.Cast(DType.F32));
            return (bias is null ? y : y.Add(bias.Cast(DType.F32))).Cast(dtype ?? x.DType);
        }
    }
}
