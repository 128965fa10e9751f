using Attune.Data.Batching;
using Attune.Models.Heads;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>Places of answers in their rows: <see cref="Batch.Targets"/> holds the first and the last token of each.</summary>
/// <param name="model">The model, with its adapter if it has one.</param>
public sealed class QuestionAnsweringObjective(QuestionAnsweringModel model) : IObjective
{
    /// <summary>The key users write.</summary>
    public const string Name = "qa";

    /// <inheritdoc/>
    public string Key => Name;

    /// <inheritdoc/>
    public Device Device => model.Device;

    /// <inheritdoc/>
    public long CountTargets(Batch batch) => batch.Sequences;

    /// <inheritdoc/>
    /// <exception cref="TensorException">The rows have no places, or none lies inside of its row.</exception>
    public Tensor SumLosses(Batch batch, bool recompute)
    {
        if (batch.Targets.Length != 2 * batch.Sequences)
        {
            throw new TensorException($"question answering: expected two places for each of {batch.Sequences} rows, found {batch.Targets.Length}");
        }

        var starts = new int[batch.Sequences];
        var ends = new int[batch.Sequences];
        for (int s = 0; s < starts.Length; s++)
        {
            (starts[s], ends[s]) = ((int)batch.Targets[2 * s], (int)batch.Targets[(2 * s) + 1]);
        }

        (Tensor sum, int counted) = model.SumLosses(BatchPass.Of(Device, batch, recompute), starts, ends);

        // Rows whose answer was cut off count with the mean of the others, so that the divisor is known before.
        return counted == batch.Sequences ? sum : sum.Affine((double)batch.Sequences / counted);
    }
}
