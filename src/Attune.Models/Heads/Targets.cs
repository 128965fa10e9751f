using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>Rows that count in a loss, with their labels.</summary>
internal static class Targets
{
    /// <summary>The places of all labels but <see cref="HeadModel.Ignored"/>, and those labels.</summary>
    /// <exception cref="TensorException">There is none, or one is not a class.</exception>
    public static (int[] Rows, int[] Labels) Of(ReadOnlySpan<int> labels, int classes, string task)
    {
        int count = labels.Length - labels.Count(HeadModel.Ignored);
        if (count == 0)
        {
            throw new TensorException($"{task}: nothing in the batch has a label");
        }

        var rows = new int[count];
        var targets = new int[count];
        int next = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] == HeadModel.Ignored)
            {
                continue;
            }

            if ((uint)labels[i] >= (uint)classes)
            {
                throw new TensorException($"{task}: label {labels[i]} is none of the {classes} classes of the model");
            }

            rows[next] = i;
            targets[next++] = labels[i];
        }

        return (rows, targets);
    }

    /// <summary>The sum of the cross entropies of the rows of logits that have a label, and their number.</summary>
    public static (Tensor Sum, int Targets) SumCrossEntropy(Tensor logits, ReadOnlySpan<int> labels, string task)
    {
        (int[] rows, int[] targets) = Of(labels, (int)logits.Shape[1], task);
        Tensor chosen = rows.Length == labels.Length ? logits : logits.Embedding(logits.Device.From(rows, [rows.Length]));
        return (chosen.CrossEntropy(logits.Device.From(targets, [targets.Length])).Sum(), targets.Length);
    }
}
