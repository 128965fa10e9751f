using System.Buffers;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>The loss of next-token prediction over flat batches. The one place where labels are shifted: the state at t predicts the label at t + 1 of its own sequence.</summary>
public static class CausalLmLoss
{
    /// <summary>The label of a token that does not count.</summary>
    public const int Ignored = -100;

    /// <summary>Number of targets: labels that count, but for the first of every sequence, which nothing predicts.</summary>
    public static int CountTargets(ReadOnlySpan<int> labels, ReadOnlySpan<int> sequenceStarts)
    {
        int count = 0;
        for (int s = 0; s + 1 < sequenceStarts.Length; s++)
        {
            for (int i = sequenceStarts[s] + 1; i < sequenceStarts[s + 1]; i++)
            {
                count += labels[i] != Ignored ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>The SUM of the token losses of a batch (a scalar F32 of the current scope) and the number of targets. Only states with a target reach the output layer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputIds">[N].</param>
    /// <param name="labels">[N], aligned with the ids, not shifted; <see cref="Ignored"/> where there is no loss.</param>
    /// <param name="positions">[N].</param>
    /// <param name="sequenceStarts">[S + 1].</param>
    /// <param name="recompute">Gradient checkpointing.</param>
    /// <exception cref="TensorException">There is no target, or an id is not in the vocabulary.</exception>
    public static (Tensor Sum, int Targets) Evaluate(
        CausalLmModel model, ReadOnlySpan<int> inputIds, ReadOnlySpan<int> labels, ReadOnlySpan<int> positions, ReadOnlySpan<int> sequenceStarts, bool recompute = false)
    {
        int count = CountTargets(labels, sequenceStarts);
        if (count == 0)
        {
            throw new TensorException("loss: no token of the batch has a label");
        }

        int[] rows = ArrayPool<int>.Shared.Rent(count);
        int[] targets = ArrayPool<int>.Shared.Rent(count);
        int next = 0;
        for (int s = 0; s + 1 < sequenceStarts.Length; s++)
        {
            for (int i = sequenceStarts[s] + 1; i < sequenceStarts[s + 1]; i++)
            {
                if (labels[i] != Ignored)
                {
                    rows[next] = i - 1;
                    targets[next++] = CheckedTarget(labels[i], model.VocabSize);
                }
            }
        }

        Device device = model.Device;
        TokenBatch batch = TokenBatch.Create(device, inputIds, positions, sequenceStarts);
        Tensor hidden = model.Hidden(new ForwardPass(batch) { Recompute = recompute });
        Tensor chosen = hidden.Embedding(device.From(rows.AsSpan(0, count), [count]));
        Tensor sum = LinearCrossEntropy.Sum(chosen, model.Head, device.From(targets.AsSpan(0, count), [count]), model.LogitTransform);
        ArrayPool<int>.Shared.Return(rows);
        ArrayPool<int>.Shared.Return(targets);
        return (sum, count);
    }

    private static int CheckedTarget(int label, int vocabulary) => (uint)label < (uint)vocabulary
        ? label
        : throw new TensorException($"loss: label {label} is not in the model's vocabulary of {vocabulary} tokens; is the tokenizer of this model?");
}
