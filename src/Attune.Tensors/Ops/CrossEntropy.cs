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
        /// <exception cref="TensorException">The shapes do not fit or a label names no class.</exception>
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
            Evaluate(work, labels.Contiguous(), losses, wanted);
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
        CheckLabels(labels, classes, ignoreIndex: null);
        Tensor wide = logits.Cast(DType.F32);
        Tensor isLabel = OneHot(labels, classes);
        Tensor zero = device.Zeros([], DType.F32);
        Tensor logProbabilities = wide.LogSoftmax();
        device.Backend.Copy(isLabel.Where(logProbabilities, zero).Sum(1).Reshape(rows).Neg(), losses);
        if (gradient)
        {
            device.Backend.Copy(logProbabilities.Exp().Sub(isLabel.Where(device.Full([], DType.F32, 1), zero)), logits);
        }
    }

    /// <summary>Bool [N, V]: whether a class is the row's label.</summary>
    internal static Tensor OneHot(Tensor labels, long classes) =>
        labels.Device.From(Enumerable.Range(0, checked((int)classes)).ToArray(), [1, classes]).EqualTo(labels.Reshape(labels.Count, 1));

    /// <summary>Checks that every label but the ignored one names a class.</summary>
    /// <exception cref="TensorException">One does not.</exception>
    internal static void CheckLabels(Tensor labels, long classes, int? ignoreIndex)
    {
        foreach (int label in labels.ToInt32Array())
        {
            if ((uint)label >= classes && label != ignoreIndex)
            {
                throw new TensorException($"cross entropy: label {label} is out of range: the logits have {classes} classes (a vocabulary smaller than the token ids?)");
            }
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
