using System.Text.Json.Serialization;

namespace Attune.Training;

/// <summary>Everything that decides how a run goes, besides model, method and data. Names are Hugging Face's.</summary>
public sealed record TrainingOptions
{
    internal const string BatchMeans = "batch_means";

    private const string Targets = "targets";

    /// <summary>Folder of the run, in which checkpoints are written. Default: none; then nothing is saved.</summary>
    [JsonIgnore]
    public string? OutputDir { get; init; }

    /// <summary>Passes over the data; a part of one is allowed. Range: above 0. Default: 3.</summary>
    public double NumTrainEpochs { get; init; } = 3;

    /// <summary>Optimiser steps of the run, whatever <see cref="NumTrainEpochs"/> says. Range: 1 and up; -1 (default): not limited.</summary>
    public int MaxSteps { get; init; } = -1;

    /// <summary>Seed of dropout. Range: 0 and up. Default: 42.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Whether blocks are computed again in the backward pass instead of keeping their activations: less memory, about a third more time, the same bits. Default: false.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>
    /// What a step's loss is, and so its gradient: <c>targets</c> (default: the sum over all its batches divided once by all their targets, however they are cut into batches) or <c>batch_means</c> (the sum of
    /// the batches' own means, which transformers 5 makes for models that compute their loss themselves, such as T5).
    /// </summary>
    public string LossReduction { get; init; } = Targets;

    /// <summary>Optimiser steps between entries of the log. Range: 1 and up. Default: 10.</summary>
    public int LoggingSteps { get; init; } = 10;

    /// <summary>The checkpoint to go on from: a folder, or <c>auto</c> for the last good one of <see cref="OutputDir"/>, if there is one. Default: none (a new run).</summary>
    [JsonIgnore]
    public string? ResumeFromCheckpoint { get; init; }

    /// <summary>Optimiser, learning rate, clipping.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>Evaluation, best model, early stopping.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();

    /// <summary>Checkpoints.</summary>
    public SaveOptions Saving { get; init; } = new();

    /// <summary>Checks every value against its range and the values against each other.</summary>
    /// <exception cref="TrainingException">A value is out of its range or contradicts another.</exception>
    public void Validate()
    {
        Check.Require(NumTrainEpochs > 0 && double.IsFinite(NumTrainEpochs), $"num_train_epochs must be above 0; it is {NumTrainEpochs}.");
        Check.Require(MaxSteps is -1 or >= 1, $"max_steps must be at least 1, or -1 for no limit; it is {MaxSteps}.");
        Check.AtLeast(Seed, "seed", 0);
        Check.OneOf(LossReduction, "loss_reduction", Targets, BatchMeans);
        Check.AtLeast(LoggingSteps, "logging_steps", 1);
        Optimizer.Validate();
        Evaluation.Validate();
        Saving.Validate();
        if (Optimizer.LrSchedulerType == "reduce_lr_on_plateau" || Saving.SaveStrategy == "best")
        {
            Check.Require(Evaluation.EvalStrategy != "no", "lr_scheduler_type = reduce_lr_on_plateau and save_strategy = best need evaluations; set eval_strategy to steps or epoch.");
        }

        Check.Require(!Evaluation.LoadBestModelAtEnd || OutputDir is not null, "load_best_model_at_end needs a place for checkpoints; set output_dir.");
    }

    /// <summary>Optimiser steps of a run over data with so many steps in an epoch.</summary>
    public long TotalSteps(int stepsPerEpoch) => MaxSteps > 0 ? MaxSteps : (long)Math.Ceiling(NumTrainEpochs * stepsPerEpoch);
}
