namespace Attune.Tensors;

/// <summary>Kullback-Leibler divergence of a student from its teacher, for distillation (Hinton, Vinyals, Dean 2015).</summary>
/// <remarks>
/// Shapes: logits [..., V] of both, result F32 [...]. Math: T^2 sum_v p log(p / q) with p = softmax(teacher / T) and q = softmax(student / T); the factor keeps the size of
/// the gradient when T changes.
/// </remarks>
public static class KlDivergenceOp
{
    extension(Tensor student)
    {
        /// <summary>T^2 KL(teacher || student) of each row.</summary>
        /// <param name="teacher">Logits of the shape of the student's; no gradient flows to them.</param>
        /// <param name="temperature">T, above 0.</param>
        /// <exception cref="TensorException">The shapes differ or the temperature is not above 0.</exception>
        public Tensor KlDivergence(Tensor teacher, double temperature = 1)
        {
            if (student.Shape != teacher.Shape || student.Shape.Rank == 0 || !(temperature > 0))
            {
                throw new TensorException(
                    $"kl divergence: expected logits [..., V] of one shape and a temperature above 0, found {student.Shape}, {teacher.Shape} and {temperature}");
            }

            Tensor q = student.Cast(DType.F32).Affine(1 / temperature).LogSoftmax();
            Tensor p = teacher.Detached().Cast(DType.F32).Affine(1 / temperature).LogSoftmax();
            return SumOp.WithoutLast(p.Exp().Mul(p.Sub(q)).Sum(-1)).Affine(temperature * temperature);
        }
    }
}
