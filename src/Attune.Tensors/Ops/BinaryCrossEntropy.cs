namespace Attune.Tensors;

/// <summary>Binary cross entropy of logits.</summary>
/// <remarks>
/// Shapes: logits and targets alike, result the same. Math: l = (1 - t) z + (1 + (p - 1) t) softplus(-z), which is -p t log s(z) - (1 - t) log(1 - s(z)) without overflow.
/// </remarks>
public static class BinaryCrossEntropyOp
{
    extension(Tensor logits)
    {
        /// <summary>The loss of each element, F32.</summary>
        /// <param name="targets">In [0, 1], of the shape of the logits; no gradient flows to them.</param>
        /// <param name="positiveWeight">Factor p of the positive terms, broadcasts to the logits; 1 when null.</param>
        /// <exception cref="TensorException">The shapes do not fit.</exception>
        public Tensor BinaryCrossEntropyWithLogits(Tensor targets, Tensor? positiveWeight = null)
        {
            if (targets.Shape != logits.Shape)
            {
                throw new TensorException($"binary cross entropy: expected targets of the shape of the logits, found {logits.Shape} and {targets.Shape}");
            }

            Tensor z = logits.Cast(DType.F32);
            Tensor t = targets.Detached().Cast(DType.F32);
            Tensor positive = z.Neg().Softplus();
            if (positiveWeight is not null)
            {
                positive = positive.Mul(positiveWeight.Detached().Cast(DType.F32).Affine(1, -1).Mul(t).Affine(1, 1));
            }

            return t.Affine(-1, 1).Mul(z).Add(positive);
        }
    }
}
