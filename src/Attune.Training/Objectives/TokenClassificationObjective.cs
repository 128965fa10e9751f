using Attune.Data.Batching;
using Attune.Models.Heads;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>A class for each token that has a label; rows say that their labels are the tokens' own.</summary>
/// <param name="model">The model, with its adapter if it has one.</param>
public sealed class TokenClassificationObjective(TokenClassificationModel model) : IObjective
{
    /// <summary>The key users write.</summary>
    public const string Name = "tag";

    /// <inheritdoc/>
    public string Key => Name;

    /// <inheritdoc/>
    public Device Device => model.Device;

    /// <inheritdoc/>
    public long CountTargets(Batch batch) => batch.TrainedTokens;

    /// <inheritdoc/>
    /// <exception cref="TensorException">A label is not a class of the model.</exception>
    public Tensor SumLosses(Batch batch, bool recompute) => model.SumLosses(BatchPass.Of(Device, batch, recompute), batch.Labels).Sum;
}
