using Attune.Tensors;
using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>y = x W^T + s dropout(x) A^T B^T + bias + residual with a weight in any form, recorded on the tape.</summary>
/// <remarks>
/// Shapes: x [N, in], W [out, in], A [r, in], B [out, r], y [N, out]. Gradient: with h = s dropout(x) A^T, dB = dY^T h, dH = s dY B, dA = dH^T dropout(x),
/// dX = dY W + dropout'(dH A), dW = dY^T x. Numerics: products in bf16 when x is bf16; A, B and all gradients of parameters are F32. Cost of an update: 2 N r (in + out)
/// operations forward, twice that backward; the products with W take h B^T and dH A along, so that y and dX are written once.
/// </remarks>
internal static class LinearProduct
{
    /// <summary>See <see cref="ILinearWeight.Forward"/>; without a weight, the update alone.</summary>
    public static Tensor Forward(Device device, ILinearWeight? weight, Tensor x, Tensor? bias, Tensor? residual, LowRankUpdate? update)
    {
        long outFeatures = weight?.OutFeatures ?? update!.B.Shape[0];
        long inFeatures = weight?.InFeatures ?? update!.A.Shape[1];
        if (x.Shape.Rank != 2 || x.Shape[1] != inFeatures)
        {
            throw new TensorException($"linear: expected x [N, {inFeatures}] for a weight [{outFeatures}, {inFeatures}], found {x.Shape}");
        }

        Tensor source = x.Contiguous();
        Tensor y = device.Empty([x.Shape[0], outFeatures], residual?.DType ?? x.DType);
        if (residual is not null && residual.Shape != y.Shape)
        {
            throw new TensorException($"linear: expected a residual {y.Shape}, found {residual.Shape}");
        }

        Tensor? addend = residual?.Contiguous();
        using StepScope scope = device.Scope();
        LowRankPass? pass = update is null ? null : LowRankPass.Start(update, source);
        Multiply(device, weight, source, y, bias, addend, pass?.Output);
        if (device.Tape.Record<LinearNode>(source, weight?.Master, bias, addend, update?.A, update?.B) is { } node)
        {
            node.Weight = weight;
            node.X = update is not null || weight is { Master.RequiresGrad: true } ? node.Save(source) : null;
            node.Pass = pass is { } made ? made with { Hidden = node.Save(made.Hidden) } : null;
            Tape.Produce(node, y);
        }

        return y;
    }

    private static void Multiply(Device device, ILinearWeight? weight, Tensor x, Tensor y, Tensor? bias, Tensor? residual, LowRankTerm? term)
    {
        if (weight is not null)
        {
            weight.Multiply(x, y, bias, residual, term);
            return;
        }

        if (residual is not null)
        {
            device.Backend.Copy(residual, y);
        }

        if (term is { } alone)
        {
            device.Backend.MatMul(alone.Left, alone.Right, y, 1, accumulate: residual is not null);
        }
    }

    private sealed class LinearNode : Node<LinearNode>
    {
        public ILinearWeight? Weight { get; set; }

        public Tensor? X { get; set; }

        public LowRankPass? Pass { get; set; }

        protected override void Backward()
        {
            PassGradient(3, Upstream);
            Tensor dY = Upstream;
            LowRankTerm? update = null;
            if (Pass is { } pass)
            {
                // Three products read dY: the precision in which they are made is made once.
                dY = Upstream.InType(pass.Hidden.DType);
                update = BackwardUpdate(pass, dY);
            }

            if (Needs(0))
            {
                BackwardInput(dY, update);
            }

            if (Needs(1))
            {
                Tensor dWeight = GradientOf(1, out bool accumulate);
                (Tensor left, Tensor right) = Weight!.IsInputMajor ? (X!, Upstream) : (Upstream, X!);
                Device.Backend.MatMul(left.Transpose(), right, dWeight, 1, accumulate);
            }

            if (Needs(2))
            {
                Tensor sum = Device.Empty([1, Upstream.Shape[1]], DType.F32);
                Device.Backend.Reduce(ReduceKind.Sum, Upstream, sum);
                PassGradient(2, sum.Reshape(sum.Count));
            }
        }

        /// <summary>The gradients of A and B.</summary>
        /// <returns>What the update adds to the gradient of the input without dropout, dH A.</returns>
        private LowRankTerm BackwardUpdate(in LowRankPass pass, Tensor dY)
        {
            LowRankUpdate update = pass.Update;
            if (Needs(5))
            {
                Tensor dB = GradientOf(5, out bool accumulate);
                Device.Backend.MatMul(dY.Transpose(), pass.Hidden, dB, 1, accumulate);
            }

            Tensor dH = Device.Empty(pass.Hidden.Shape, pass.Hidden.DType);
            Device.Backend.MatMul(dY, update.B, dH, update.Scaling, accumulate: false);
            if (Needs(4))
            {
                Tensor dA = GradientOf(4, out bool accumulate);
                Device.Backend.MatMul(dH.Transpose(), pass.Dropped(X!), dA, 1, accumulate);
            }

            return new LowRankTerm(dH, update.A);
        }

        private void BackwardInput(Tensor dY, LowRankTerm? update)
        {
            Tensor dX = GradientOf(0, out bool accumulate);
            bool isDropped = Pass is { Dropout: > 0 };
            LowRankTerm? term = isDropped ? null : update;
            if (Weight is not null)
            {
                Weight.BackwardInput(dY, dX, accumulate, term);
                accumulate = true;
            }
            else if (term is { } alone)
            {
                Device.Backend.MatMul(alone.Left, alone.Right, dX, 1, accumulate);
            }

            if (isDropped && update is { } dropped)
            {
                Tensor whole = Device.Empty(X!.Shape, X.DType);
                Device.Backend.MatMul(dropped.Left, dropped.Right, whole, 1, accumulate: false);
                Device.Backend.Dropout(whole, dX, Pass!.Value.Dropout, Pass.Value.Random, accumulate);
            }
        }
    }
}
