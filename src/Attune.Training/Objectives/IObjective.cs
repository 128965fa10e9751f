using Attune.Data.Batching;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>What training makes smaller. The trainer divides the sums of a step's batches once, by all targets of the step.</summary>
public interface IObjective
{
    /// <summary>The key users write.</summary>
    string Key { get; }

    /// <summary>The device that computes.</summary>
    Device Device { get; }

    /// <summary>Number of targets in a batch: what the sum of losses is divided by. Computes nothing.</summary>
    long CountTargets(Batch batch);

    /// <summary>The sum of the losses of a batch's targets: a scalar F32 of the current scope, recorded for the backward pass.</summary>
    /// <param name="batch">A batch with at least one target.</param>
    /// <param name="recompute">Whether blocks are computed again in the backward pass (gradient checkpointing).</param>
    Tensor SumLosses(Batch batch, bool recompute);
}
