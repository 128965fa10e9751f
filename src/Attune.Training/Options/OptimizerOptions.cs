using Attune.Training.Optimizers;
using Attune.Training.Schedules;

namespace Attune.Training;

/// <summary>How weights are changed: optimiser, learning rate and its schedule, weight decay, clipping. Names are Hugging Face's.</summary>
public sealed record OptimizerOptions
{
    /// <summary>The optimiser, one of <see cref="KnownOptimizers"/>. Default: adamw_torch.</summary>
    public string Optim { get; init; } = "adamw_torch";

    /// <summary>The full learning rate. Range: above 0. Default: 5e-5; LoRA usually wants 1e-4 to 2e-3.</summary>
    public double LearningRate { get; init; } = 5e-5;

    /// <summary>Decoupled decay of matrices; biases and norms never decay. Range: 0 and up. Default: 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Decay rate of the gradient's mean. Range: [0, 1). Default: 0.9.</summary>
    public double AdamBeta1 { get; init; } = 0.9;

    /// <summary>Decay rate of the squared gradient's mean. Range: [0, 1). Default: 0.999.</summary>
    public double AdamBeta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second mean. Range: 0 and up. Default: 1e-8.</summary>
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>L2 norm to which the gradient of all weights together is cut. Range: 0 and up; 0: never cut. Default: 1.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>How the learning rate goes, one of <see cref="KnownSchedules"/>. Default: linear.</summary>
    public string LrSchedulerType { get; init; } = "linear";

    /// <summary>Settings of the schedule. Default: the schedule's own.</summary>
    public SchedulerOptions LrSchedulerKwargs { get; init; } = new();

    /// <summary>Optimiser steps of the warm-up, in which the rate rises. Range: 0 and up. Default: 0; then <see cref="WarmupRatio"/> counts.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>The warm-up as a share of all steps, rounded up. Range: [0, 1). Default: 0.</summary>
    public double WarmupRatio { get; init; }

    /// <summary>LoRA+ (Hayou et al. 2024): factor of the learning rate of B matrices. Range: above 0. Default: none (plain LoRA).</summary>
    public double? LoraplusLrRatio { get; init; }

    /// <summary>LoRA+: learning rate of adapted embeddings. Range: above 0. Default: 1e-6.</summary>
    public double LoraplusLrEmbedding { get; init; } = 1e-6;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="TrainingException">A value is out of its range.</exception>
    public void Validate()
    {
        KnownOptimizers.Of(Optim);
        Check.Require(LearningRate > 0 && double.IsFinite(LearningRate), $"learning_rate must be above 0; it is {LearningRate}.");
        Check.Range(WeightDecay, "weight_decay", 0);
        Check.Range(AdamBeta1, "adam_beta1", 0, 1);
        Check.Range(AdamBeta2, "adam_beta2", 0, 1);
        Check.Range(AdamEpsilon, "adam_epsilon", 0);
        Check.Range(MaxGradNorm, "max_grad_norm", 0);
        Check.AtLeast(WarmupSteps, "warmup_steps", 0);
        Check.Range(WarmupRatio, "warmup_ratio", 0, 1);
        Check.Require(LoraplusLrRatio is null or > 0, $"loraplus_lr_ratio must be above 0; it is {LoraplusLrRatio}.");
        Check.Require(LoraplusLrEmbedding > 0, $"loraplus_lr_embedding must be above 0; it is {LoraplusLrEmbedding}.");
    }

    /// <summary>Makes the schedule of a run of so many steps.</summary>
    /// <exception cref="TrainingException">The schedule is not known or one of its settings is wrong.</exception>
    public Schedule CreateSchedule(long totalSteps)
    {
        long warmup = WarmupSteps > 0 ? WarmupSteps : (long)Math.Ceiling(WarmupRatio * totalSteps);
        return KnownSchedules.Create(LrSchedulerType, new ScheduleContext(LearningRate, warmup, totalSteps, LrSchedulerKwargs));
    }
}
