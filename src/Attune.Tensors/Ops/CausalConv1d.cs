namespace Attune.Tensors;

/// <summary>Causal depthwise convolution over time (Gu and Dao 2023).</summary>
public static class CausalConv1dOp
{
    extension(Tensor x)
    {
        /// <summary>y[t] = sum_k w[k] x[t - (K - 1) + k] + b for each channel, with zeros before the start.</summary>
        /// <param name="weight">[C, 1, K] for x [B, C, T].</param>
        /// <param name="bias">[C], or null.</param>
        /// <exception cref="TensorException">The shapes do not fit.</exception>
        public Tensor CausalDepthwiseConv1d(Tensor weight, Tensor? bias)
        {
            if (x.Shape.Rank != 3 || weight.Shape.Rank != 3 || weight.Shape[0] != x.Shape[1] || weight.Shape[1] != 1 || weight.Shape[2] == 0
                || (bias is not null && bias.Shape != [x.Shape[1]]))
            {
                throw new TensorException(
                    $"causal depthwise convolution: expected x [B, C, T], weight [C, 1, K] and bias [C], found {x.Shape}, {weight.Shape} and {bias?.Shape.ToString() ?? "none"}");
            }

            long time = x.Shape[2];
            long width = weight.Shape[2];
            Tensor taps = weight.Reshape(weight.Shape[0], width);
            Tensor padded = x.Device.Zeros(x.Shape.With(2, width - 1), x.DType).Concat(x, 2);
            Tensor y = padded.Narrow(2, 0, time).Mul(taps.Narrow(1, 0, 1));
            for (long k = 1; k < width; k++)
            {
                y = y.Add(padded.Narrow(2, k, time).Mul(taps.Narrow(1, k, 1)));
            }

            return bias is null ? y : y.Add(bias.Reshape(bias.Count, 1));
        }
    }
}
