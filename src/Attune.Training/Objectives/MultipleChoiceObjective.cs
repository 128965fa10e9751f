using Attune.Data.Batching;
using Attune.Models.Heads;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>The right one of several sequences: those of a row compete, and <see cref="Batch.Targets"/> says which is right.</summary>
/// <param name="model">The model, with its adapter if it has one.</param>
public sealed class MultipleChoiceObjective(MultipleChoiceModel model) : IObjective
{
    /// <summary>The key users write.</summary>
    public const string Name = "choice";

    /// <inheritdoc/>
    public string Key => Name;

    /// <inheritdoc/>
    public Device Device => model.Device;

    /// <inheritdoc/>
    public long CountTargets(Batch batch) => batch.Targets.Length;

    /// <inheritdoc/>
    /// <exception cref="TensorException">A row has no right choice.</exception>
    public Tensor SumLosses(Batch batch, bool recompute)
    {
        List<int> choices = [];
        for (int s = 0; s < batch.Sequences; s++)
        {
            // The choices of a row stand one after the other.
            if (s > 0 && batch.Rows[s] == batch.Rows[s - 1])
            {
                choices[^1]++;
            }
            else
            {
                choices.Add(1);
            }
        }

        if (choices.Count != batch.Targets.Length)
        {
            throw new TensorException($"multiple choice: expected a right choice for each of {choices.Count} rows, found {batch.Targets.Length}");
        }

        int[] right = new int[choices.Count];
        for (int i = 0; i < right.Length; i++)
        {
            right[i] = (int)batch.Targets[i];
        }

        return model.SumLosses(BatchPass.Of(Device, batch, recompute), [.. choices], right).Sum;
    }
}
