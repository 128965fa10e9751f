using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Tensors;

/// <summary>Gated linear unit with SiLU (Shazeer 2020).</summary>
/// <remarks>
/// Math: y = silu(gate) up. Gradient: dUp = dY silu(gate); dGate = dY up s (1 + gate (1 - s)) with s = sigmoid(gate).
/// </remarks>
public static class SwiGluOp
{
    extension(Tensor gate)
    {
        /// <summary>silu(gate) up, element by element, for tensors of one shape and type.</summary>
        public Tensor SwiGlu(Tensor up)
        {
            if (gate.Shape != up.Shape || gate.DType != up.DType)
            {
                throw new TensorException($"swiglu: expected two tensors of one shape and type, found {gate} and {up}");
            }

            Tensor y = gate.Device.Empty(gate.Shape, gate.DType);
            if (!gate.Device.Backend.TrySwiGlu(gate, up, y))
            {
                using var pause = gate.Device.Tape.Pause();
                gate.Device.Backend.Copy(gate.Silu().Mul(up), y);
            }

            if (gate.Device.Tape.Record<SwiGluNode>(gate, up) is { } node)
            {
                node.Gate = node.Save(gate);
                node.Up = node.Save(up);
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private sealed class SwiGluNode : Node<SwiGluNode>
    {
        public Tensor Gate { get; set; } = null!;

        public Tensor Up { get; set; } = null!;

        protected internal override void Backward()
        {
            bool accumulateGate = false;
            bool accumulateUp = false;
            Tensor? dGate = Needs(0) ? GradientOf(0, out accumulateGate) : null;
            Tensor? dUp = Needs(1) ? GradientOf(1, out accumulateUp) : null;
            if (Device.Backend.TrySwiGluGradient(Gate, Up, Upstream, dGate, accumulateGate, dUp, accumulateUp))
            {
                return;
            }

            if (dGate is not null)
            {
                Device.Backend.MapGradient(MapKind.Silu, Gate, Upstream.Mul(Up), dGate, 0, accumulateGate);
            }

            if (dUp is not null)
            {
                Device.Backend.Axpy(1, Upstream.Mul(Gate.Silu()), accumulateUp ? 1 : 0, dUp);
            }
        }
    }
}
