namespace Attune.Tensors;

/// <summary>Smooth L1 loss (Girshick 2015): a parabola near 0, linear beyond.</summary>
public static class SmoothL1Op
{
    extension(Tensor x)
    {
        /// <summary>With d = x - y: d^2 / (2 beta) where |d| is below beta, else |d| - beta / 2; the loss of each element.</summary>
        /// <param name="y">Of the shape of x.</param>
        /// <param name="beta">Above 0.</param>
        /// <exception cref="TensorException">The shapes differ or beta is not above 0.</exception>
        public Tensor SmoothL1(Tensor y, double beta = 1)
        {
            if (x.Shape != y.Shape || !(beta > 0))
            {
                throw new TensorException($"smooth l1: expected two tensors of one shape and a beta above 0, found {x.Shape}, {y.Shape} and {beta}");
            }

            Tensor difference = x.Sub(y);
            Tensor size = difference.Abs();
            Tensor isSmall = size.Less(x.Device.Full([], x.DType, beta));
            return isSmall.Where(difference.Square().Affine(0.5 / beta), size.Affine(1, -0.5 * beta));
        }
    }
}
