namespace Attune.Tensors;

/// <summary>Layer normalisation (Ba, Kiros, Hinton 2016).</summary>
public static class LayerNormOp
{
    extension(Tensor x)
    {
        /// <summary>
        /// (x - mean) / sqrt(var + eps) w + b of each row, with the variance divided by n and made from the differences (two passes). Shapes: x [..., C], w and b [C].
        /// </summary>
        public Tensor LayerNorm(Tensor weight, Tensor? bias, double epsilon)
        {
            Tensor centred = x.Sub(x.Mean(-1));
            Tensor y = centred.Mul(centred.Square().Mean(-1).Affine(1, epsilon).Rsqrt()).Mul(weight);
            return bias is null ? y : y.Add(bias);
        }
    }
}
