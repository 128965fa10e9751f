namespace Attune.Tensors;

/// <summary>Cosine of the angle between vectors.</summary>
public static class CosineSimilarityOp
{
    extension(Tensor x)
    {
        /// <summary>x.y / (max(|x|, eps) max(|y|, eps)) of each row of two tensors [..., C], without the last dimension.</summary>
        /// <exception cref="TensorException">The shapes differ.</exception>
        public Tensor CosineSimilarity(Tensor y, double epsilon = 1e-8)
        {
            if (x.Shape != y.Shape || x.Shape.Rank == 0)
            {
                throw new TensorException($"cosine similarity: expected two tensors [..., C] of one shape, found {x.Shape} and {y.Shape}");
            }

            return SumOp.WithoutLast(x.Mul(y).Sum(-1).Div(Norm(x, epsilon).Mul(Norm(y, epsilon))));
        }
    }

    /// <summary>The limit is put under the root, where a vector of zeros still has a derivative.</summary>
    private static Tensor Norm(Tensor x, double epsilon) => x.Square().Sum(-1).Maximum(x.Device.Full([], x.DType, epsilon * epsilon)).Sqrt();
}
