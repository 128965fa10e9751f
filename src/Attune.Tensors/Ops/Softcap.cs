namespace Attune.Tensors;

/// <summary>Soft limit of logits or attention scores (Gemma Team 2024).</summary>
public static class SoftcapOp
{
    extension(Tensor x)
    {
        /// <summary>cap tanh(x / cap): nearly x while |x| is far below the cap, never beyond it.</summary>
        /// <param name="cap">Above 0.</param>
        /// <exception cref="TensorException">The cap is not above 0.</exception>
        public Tensor Softcap(double cap) => cap > 0
            ? x.Affine(1 / cap).Tanh().Affine(cap)
            : throw new TensorException($"softcap: the cap must be above 0, found {cap}");
    }
}
