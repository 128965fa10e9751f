using Attune.Data.Batching;
using Attune.Tensors;

namespace Attune.Training.Planning;

/// <summary>Does the steps of a run without what belongs to learning: no schedule, no log, no checkpoints, any batches.</summary>
internal sealed class StepRehearsal : IDisposable
{
    private readonly PlannedModel _model;
    private readonly TrainingStep _step;

    /// <summary>Sets everything up as a run does before its first step.</summary>
    public StepRehearsal(PlannedModel model, TrainingOptions options)
    {
        (_model, _step) = (model, new TrainingStep(options, model.Objective, model.Weights));
        model.Weights.Device.TrimMemory();
    }

    /// <summary>One optimiser step; nothing for batches without a target.</summary>
    public void Step(IReadOnlyList<Batch> batches)
    {
        if (_step.Collect(batches, step: 0).Targets > 0)
        {
            _step.Update(learningRate: 0, _step.Norm());
        }
    }

    /// <summary>A batch of an evaluation.</summary>
    public void Evaluate(Batch batch)
    {
        if (_model.Objective.CountTargets(batch) > 0)
        {
            Device device = _model.Objective.Device;
            using var pause = device.Tape.Pause();
            using StepScope scope = device.Scope();
            _model.Objective.SumLosses(batch, recompute: false).Item();
        }
    }

    /// <summary>Frees the optimiser's memory.</summary>
    public void Dispose() => _step.Dispose();
}
