namespace Attune.Tensors;

/// <summary>Mish (Misra 2019).</summary>
public static class MishOp
{
    extension(Tensor x)
    {
        /// <summary>x tanh(log(1 + e^x)).</summary>
        public Tensor Mish() => x.Mul(x.Softplus().Tanh());
    }
}
