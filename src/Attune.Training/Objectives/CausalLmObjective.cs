using Attune.Data.Batching;
using Attune.Models;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>Cross entropy of the next token, where it has a label; see <see cref="CausalLmLoss"/>, which also shifts the labels.</summary>
/// <param name="model">The model, with its adapter if it has one.</param>
public sealed class CausalLmObjective(CausalLmModel model) : IObjective
{
    /// <summary>The key users write.</summary>
    public const string Name = "causal_lm";

    /// <inheritdoc/>
    public string Key => Name;

    /// <inheritdoc/>
    public Device Device => model.Device;

    /// <inheritdoc/>
    public long CountTargets(Batch batch) => batch.TrainedTokens;

    /// <inheritdoc/>
    /// <exception cref="TensorException">A token id is not in the model's vocabulary.</exception>
    public Tensor SumLosses(Batch batch, bool recompute) =>
        CausalLmLoss.Evaluate(model, batch.InputIds, batch.Labels, batch.PositionIds, batch.SequenceStarts, recompute).Sum;
}
