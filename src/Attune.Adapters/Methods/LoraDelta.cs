using Attune.Tensors;
using Attune.Tensors.Autograd;

namespace Attune.Adapters.Methods;

/// <summary>The low-rank part of a linear layer.</summary>
/// <remarks>
/// Shapes: x [N, in], y [N, out], A [r, in], B [out, r]. Math: y + s (dropout(x) A^T) B^T. Gradient: with u = dropout(x) A^T, dB = s dY^T u, dU = s dY B,
/// dA = dU^T dropout(x), dX = dropout'(dU A). Numerics: products in bf16 when x is bf16; A, B and their gradients are F32.
/// Source: Hu et al. 2021. Cost: 2 N r (in + out) operations forward, twice that backward.
/// </remarks>
internal static class LoraDelta
{
    /// <summary>Adds the low-rank part to <paramref name="y"/>, in place: y was just made by the layer and nobody else reads it.</summary>
    public static Tensor Apply(Tensor x, Tensor y, Tensor a, Tensor b, double scaling, double dropout)
    {
        Device device = x.Device;
        using StepScope scope = device.Scope();
        RandomState random = device.Random;
        double probability = device.IsTraining ? dropout : 0;
        Tensor source = x;
        if (probability > 0)
        {
            device.Random = random.Advance(x.Count);
            source = Dropped(x, probability, random);
        }

        Tensor u = device.Empty([x.Shape[0], a.Shape[0]], x.DType);
        device.Backend.MatMul(source, Transposed(a), u, 1, accumulate: false);
        device.Backend.MatMul(u, Transposed(b), y, scaling, accumulate: true);
        if (device.Tape.Record<LoraNode>(x, y, a, b) is not { } node)
        {
            return y;
        }

        Tensor result = scope.Keep(device.View(y, y.Shape, y.Strides, y.Offset));
        node.Fill(x, u, a, b, scaling, probability, random);
        Tape.Produce(node, result);
        return result;
    }

    /// <summary>A transposed view that is not recorded.</summary>
    private static Tensor Transposed(Tensor matrix) =>
        matrix.Device.View(matrix, [matrix.Shape[1], matrix.Shape[0]], Shape.FromStrides([matrix.Strides[1], matrix.Strides[0]]), matrix.Offset);

    private static Tensor Dropped(Tensor x, double probability, RandomState random)
    {
        Tensor result = x.Device.Empty(x.Shape, x.DType);
        x.Device.Backend.Dropout(x, result, probability, random, accumulate: false);
        return result;
    }

    private sealed class LoraNode : Node<LoraNode>
    {
        private Tensor _x = null!;
        private Tensor _u = null!;
        private Tensor _a = null!;
        private Tensor _b = null!;
        private double _scaling;
        private double _dropout;
        private RandomState _random;

        public void Fill(Tensor x, Tensor u, Tensor a, Tensor b, double scaling, double dropout, RandomState random)
        {
            _x = Save(x);
            _u = Save(u);
            _a = Save(a);
            _b = Save(b);
            _scaling = scaling;
            _dropout = dropout;
            _random = random;
        }

        protected override void Backward()
        {
            PassGradient(1, Upstream);
            if (Needs(3))
            {
                Tensor dB = GradientOf(3, out bool accumulate);
                Device.Backend.MatMul(Upstream.Transpose(), _u, dB, _scaling, accumulate);
            }

            Tensor dU = Device.Empty(_u.Shape, _u.DType);
            Device.Backend.MatMul(Upstream, _b, dU, _scaling, accumulate: false);
            if (Needs(2))
            {
                Tensor source = _dropout > 0 ? Dropped(_x, _dropout, _random) : _x;
                Tensor dA = GradientOf(2, out bool accumulate);
                Device.Backend.MatMul(dU.Transpose(), source, dA, 1, accumulate);
            }

            if (Needs(0))
            {
                Tensor dX = GradientOf(0, out bool accumulate);
                if (_dropout == 0)
                {
                    Device.Backend.MatMul(dU, _a, dX, 1, accumulate);
                    return;
                }

                Tensor dropped = Device.Empty(_x.Shape, _x.DType);
                Device.Backend.MatMul(dU, _a, dropped, 1, accumulate: false);
                Device.Backend.Dropout(dropped, dX, _dropout, _random, accumulate);
            }
        }
    }
}
