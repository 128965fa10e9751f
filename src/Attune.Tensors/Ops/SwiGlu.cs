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

            Device device = gate.Device;
            Tensor left = gate.Contiguous();
            Tensor right = up.Contiguous();
            Tensor y = device.Empty(gate.Shape, gate.DType);
            if (!device.Backend.TrySwiGlu(left, right, y))
            {
                using var pause = device.Tape.Pause();
                device.Backend.Copy(left.Silu().Mul(right), y);
            }

            if (device.Tape.Record<SwiGluNode>(left, right) is { } node)
            {
                node.Gate = node.Save(left);
                node.Up = node.Save(right);
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
