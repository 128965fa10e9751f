namespace Attune.Tensors;

/// <summary>Squared rectifier (So et al. 2021).</summary>
public static class ReluSquaredOp
{
    extension(Tensor x)
    {
        /// <summary>max(x, 0)^2.</summary>
        public Tensor ReluSquared() => x.Relu().Square();
    }
}
