namespace Attune.Tensors;

/// <summary>Mean squared error.</summary>
public static class MeanSquaredErrorOp
{
    extension(Tensor x)
    {
        /// <summary>Mean of (x - y)^2 over all elements, a scalar.</summary>
        /// <exception cref="TensorException">The shapes differ.</exception>
        public Tensor MeanSquaredError(Tensor y) => x.Shape == y.Shape
            ? x.Sub(y).Square().Mean()
            : throw new TensorException($"mean squared error: expected two tensors of one shape, found {x.Shape} and {y.Shape}");
    }
}
