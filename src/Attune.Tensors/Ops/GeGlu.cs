namespace Attune.Tensors;

/// <summary>Gated linear units with GELU (Shazeer 2020).</summary>
public static class GeGluOp
{
    extension(Tensor gate)
    {
        /// <summary>gelu(gate) up, the form with the error function, for tensors of one shape and type.</summary>
        /// <exception cref="TensorException">The shapes or types differ.</exception>
        public Tensor GeGlu(Tensor up) => Checked(gate, up).Gelu().Mul(up);

        /// <summary>gelu(gate) up, the form with the hyperbolic tangent (Gemma), for tensors of one shape and type.</summary>
        /// <exception cref="TensorException">The shapes or types differ.</exception>
        public Tensor GeGluTanh(Tensor up) => Checked(gate, up).GeluTanh().Mul(up);
    }

    private static Tensor Checked(Tensor gate, Tensor up) => gate.Shape == up.Shape && gate.DType == up.DType
        ? gate
        : throw new TensorException($"geglu: expected two tensors of one shape and type, found {gate} and {up}");
}
