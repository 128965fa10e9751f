using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Cross entropy of logits with class indices.</summary>
/// <remarks>
/// Shapes: logits [N, V], labels I32 [N], result F32 [N]. Math: l = logsumexp(x) - x[label], in single precision. Gradient: dX = (softmax(x) - onehot(label)) dL, made
/// in the forward pass in place of a copy of the logits, so that the soft-max is computed once.
/// </remarks>
public static class CrossEntropyOp
{
    extension(Tensor logits)
    {
        /// <summary>-log p(label) of each row; every label is valid (rows without one are left out by the caller).</summary>
        /// <exception cref="TensorException">The shapes do not fit.</exception>
        public Tensor CrossEntropy(Tensor labels)
        {
            if (logits.Shape.Rank != 2 || labels.DType != DType.I32 || labels.Count != logits.Shape[0])
            {
                throw new TensorException($"cross entropy: expected logits [N, V] and I32 labels [N], found {logits} and {labels}");
            }

            Device device = logits.Device;
            bool wanted = device.Tape.IsRecording && logits.RequiresGrad;
            Tensor losses = device.Empty([logits.Shape[0]], DType.F32);
            Tensor work = device.Empty(logits.Shape, logits.DType);
            device.Backend.Copy(logits, work);
            Evaluate(work, labels, losses, wanted);
            if (device.Tape.Record<CrossEntropyNode>(logits) is { } node)
            {
                node.Gradient = node.Save(work);
                Tape.Produce(node, losses);
            }

            return losses;
        }
    }

    /// <summary>Writes the losses and, if wanted, replaces the logits by their gradient.</summary>
    public static void Evaluate(Tensor logits, Tensor labels, Tensor losses, bool gradient)
    {
        Device device = logits.Device;
        if (device.Backend.TryCrossEntropy(logits, labels, losses, gradient))
        {
            return;
        }

        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        long rows = logits.Shape[0];
        long classes = logits.Shape[1];
        Tensor wide = logits.Cast(DType.F32);
        Tensor columns = device.From(Enumerable.Range(0, (int)classes).ToArray(), [1, classes]);
        Tensor isLabel = columns.EqualTo(labels.Reshape(rows, 1));
        Tensor zero = device.Zeros([], DType.F32);
        Tensor logProbabilities = wide.LogSoftmax();
        device.Backend.Copy(isLabel.Where(logProbabilities, zero).Sum(1).Reshape(rows).Neg(), losses);
        if (gradient)
        {
            device.Backend.Copy(logProbabilities.Exp().Sub(isLabel.Where(device.Full([], DType.F32, 1), zero)), logits);
        }
    }

    private sealed class CrossEntropyNode : Node<CrossEntropyNode>
    {
        public Tensor Gradient { get; set; } = null!;

        protected internal override void Backward()
        {
            Tensor scale = Upstream.Reshape(Upstream.Count, 1).Cast(Gradient.DType);
            PassGradient(0, Gradient.Mul(scale));
        }
    }
}
