using Attune.Tensors;
using Attune.Tensors.Autograd;

namespace Attune.Nn;

/// <summary>Cross entropy of an output layer, in chunks of rows, so that the matrix of all logits [N, V] never exists.</summary>
/// <remarks>
/// Shapes: hidden [N, C], weight [V, C], labels I32 [N] (all valid), result: the SUM of the N losses, a scalar F32.
/// Gradient: made chunk by chunk in the forward pass, while the logits are at hand: G = softmax - onehot, dHidden = G W, dW += G^T hidden; the backward pass scales them.
/// Numerics: logits and dHidden are F32.
/// </remarks>
public static class LinearCrossEntropy
{
    /// <summary>Logits of one chunk take about this many bytes, so that they stay in the caches.</summary>
    private const long ChunkBytes = 16L << 20;

    /// <summary>The sum of -log p(label) over the rows of <paramref name="hidden"/>.</summary>
    public static Tensor Sum(Tensor hidden, Linear head, Tensor labels)
    {
        if (head.Adapters.Count > 0 || head.Bias is not null || head.Weight is not DenseWeight dense)
        {
            return head.Forward(hidden).Cast(DType.F32).CrossEntropy(labels).Sum();
        }

        Device device = hidden.Device;
        Tensor source = hidden.Contiguous();
        Tensor? master = dense.Master;
        bool wanted = device.Tape.IsRecording && (hidden.RequiresGrad || master is { RequiresGrad: true });
        Tensor losses = device.Empty([source.Shape[0]], DType.F32);
        Tensor? dHidden = wanted && hidden.RequiresGrad ? device.Empty(source.Shape, DType.F32) : null;
        Tensor? dWeight = wanted && master is { RequiresGrad: true } ? device.Empty(master.Shape, DType.F32) : null;
        Chunks(source, dense, labels, losses, dHidden, dWeight);
        Tensor sum = device.Empty([], DType.F32);
        device.Backend.Reduce(Tensors.Backends.ReduceKind.Sum, losses, device.View(sum, [1], [1], sum.Offset));
        if (device.Tape.Record<LinearCrossEntropyNode>(source, master) is { } node)
        {
            node.DHidden = dHidden is null ? null : node.Save(dHidden);
            node.DWeight = dWeight is null ? null : node.Save(dWeight);
            Tape.Produce(node, sum);
        }

        return sum;
    }

    private static void Chunks(Tensor hidden, DenseWeight weight, Tensor labels, Tensor losses, Tensor? dHidden, Tensor? dWeight)
    {
        Device device = hidden.Device;
        using var pause = device.Tape.Pause();
        long rows = hidden.Shape[0];
        long chunk = Math.Max(1, ChunkBytes / (weight.OutFeatures * sizeof(float)));
        for (long start = 0; start < rows; start += chunk)
        {
            using StepScope scope = device.Scope();
            long count = Math.Min(chunk, rows - start);
            Tensor x = hidden.Narrow(0, start, count);
            Tensor logits = device.Empty([count, weight.OutFeatures], DType.F32);
            weight.Multiply(x, logits, bias: null, accumulate: false);
            bool gradient = dHidden is not null || dWeight is not null;
            CrossEntropyOp.Evaluate(logits, labels.Narrow(0, start, count), losses.Narrow(0, start, count), gradient);
            if (dHidden is not null)
            {
                weight.BackwardInput(logits, dHidden.Narrow(0, start, count), accumulate: false);
            }

            if (dWeight is not null)
            {
                device.Backend.MatMul(logits.Transpose(), x, dWeight, 1, accumulate: start > 0);
            }
        }
    }

    private sealed class LinearCrossEntropyNode : Node<LinearCrossEntropyNode>
    {
        public Tensor? DHidden { get; set; }

        public Tensor? DWeight { get; set; }

        protected override void Backward()
        {
            double scale = Upstream.Item();
            if (Needs(0))
            {
                Tensor target = GradientOf(0, out bool accumulate);
                Device.Backend.Axpy(scale, DHidden!, accumulate ? 1 : 0, target);
            }

            if (Needs(1))
            {
                Tensor target = GradientOf(1, out bool accumulate);
                Device.Backend.Axpy(scale, DWeight!, accumulate ? 1 : 0, target);
            }
        }
    }
}
