using Attune.Tensors;
using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>y = x W^T + bias + residual with a weight in any form, recorded on the tape.</summary>
internal static class LinearProduct
{
    /// <summary>See <see cref="ILinearWeight.Forward"/>.</summary>
    public static Tensor Forward(Device device, ILinearWeight weight, Tensor x, Tensor? bias, Tensor? residual)
    {
        if (x.Shape.Rank != 2 || x.Shape[1] != weight.InFeatures)
        {
            throw new TensorException($"linear: expected x [N, {weight.InFeatures}] for a weight [{weight.OutFeatures}, {weight.InFeatures}], found {x.Shape}");
        }

        Tensor source = x.Contiguous();
        Tensor y = device.Empty([x.Shape[0], weight.OutFeatures], residual?.DType ?? x.DType);
        if (residual is not null)
        {
            if (residual.Shape != y.Shape)
            {
                throw new TensorException($"linear: expected a residual {y.Shape}, found {residual.Shape}");
            }

            device.Backend.Copy(residual, y);
        }

        weight.Multiply(source, y, bias, accumulate: residual is not null);
        if (device.Tape.Record<LinearNode>(source, weight.Master, bias, residual) is { } node)
        {
            node.Weight = weight;
            node.X = weight.Master is { RequiresGrad: true } ? node.Save(source) : null;
            Tape.Produce(node, y);
        }

        return y;
    }

    private sealed class LinearNode : Node<LinearNode>
    {
        public ILinearWeight Weight { get; set; } = null!;

        public Tensor? X { get; set; }

        protected override void Backward()
        {
            PassGradient(3, Upstream);
            if (Needs(0))
            {
                Tensor dX = GradientOf(0, out bool accumulate);
                Weight.BackwardInput(Upstream, dX, accumulate);
            }

            if (Needs(1))
            {
                Tensor dWeight = GradientOf(1, out bool accumulate);
                (Tensor left, Tensor right) = Weight.IsInputMajor ? (X!, Upstream) : (Upstream, X!);
                Device.Backend.MatMul(left.Transpose(), right, dWeight, 1, accumulate);
            }

            if (Needs(2))
            {
                Tensor sum = Device.Empty([1, Upstream.Shape[1]], DType.F32);
                Device.Backend.Reduce(ReduceKind.Sum, Upstream, sum);
                PassGradient(2, sum.Reshape(sum.Count));
            }
        }
    }
}
