using Attune.Data.Batching;
using Attune.Models.Heads;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>Classes or numbers of whole rows, from <see cref="Batch.Targets"/>: one class, or a value for each output, as the model's problem says.</summary>
/// <param name="model">The model, with its adapter if it has one.</param>
public sealed class SequenceClassificationObjective(SequenceClassificationModel model) : IObjective
{
    /// <summary>The key users write.</summary>
    public const string Name = "classify";

    /// <inheritdoc/>
    public string Key => Name;

    /// <inheritdoc/>
    public Device Device => model.Device;

    /// <inheritdoc/>
    public long CountTargets(Batch batch) => model.Problem == ProblemType.SingleLabel ? batch.Sequences : (long)batch.Sequences * model.Labels.Count;

    /// <inheritdoc/>
    /// <exception cref="TensorException">The rows' targets are not those of the model.</exception>
    public Tensor SumLosses(Batch batch, bool recompute)
    {
        if (batch.Targets.Length != CountTargets(batch))
        {
            throw new TensorException($"classification: expected {CountTargets(batch)} targets for {batch.Sequences} rows, found {batch.Targets.Length}");
        }

        Nn.ForwardPass pass = BatchPass.Of(Device, batch, recompute);
        if (model.Problem != ProblemType.SingleLabel)
        {
            return model.SumLosses(pass, batch.Targets).Sum;
        }

        var classes = new int[batch.Sequences];
        for (int s = 0; s < classes.Length; s++)
        {
            classes[s] = (int)batch.Targets[s];
        }

        return model.SumLosses(pass, classes).Sum;
    }
}
