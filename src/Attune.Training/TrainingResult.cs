using Attune.Training.Checkpoints;

namespace Attune.Training;

/// <summary>Why a run ended.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps are done.</summary>
    Completed,

    /// <summary>Evaluations no longer improved.</summary>
    EarlyStopped,

    /// <summary>It was cancelled; the step in progress was finished and a checkpoint saved where there is a folder for it.</summary>
    Cancelled,
}

/// <summary>How a run ended.</summary>
public sealed record TrainingResult
{
    /// <summary>Why it ended.</summary>
    public required TrainingOutcome Outcome { get; init; }

    /// <summary>Optimiser steps done, those before an interruption included.</summary>
    public required long GlobalStep { get; init; }

    /// <summary>Mean of the losses of all steps; 0 when no step had a target.</summary>
    public required double TrainLoss { get; init; }

    /// <summary>The last evaluation's loss; null when there was none.</summary>
    public double? EvalLoss { get; init; }

    /// <summary>The lowest evaluation loss; null when there was none.</summary>
    public double? BestMetric { get; init; }

    /// <summary>The step of the lowest evaluation loss.</summary>
    public long? BestGlobalStep { get; init; }

    /// <summary>Steps without any target, in which nothing was learnt.</summary>
    public required long SkippedSteps { get; init; }

    /// <summary>Tokens that went through the model in training.</summary>
    public required long NumInputTokensSeen { get; init; }

    /// <summary>The last checkpoint; null when none was written or read.</summary>
    public string? LastCheckpoint { get; init; }

    /// <summary>The log.</summary>
    public required IReadOnlyList<LogEntry> LogHistory { get; init; }

    internal static TrainingResult From(TrainerState state, TrainingOutcome outcome, string? lastCheckpoint)
    {
        long learnt = state.GlobalStep - state.SkippedSteps;
        return new TrainingResult
        {
            Outcome = outcome,
            GlobalStep = state.GlobalStep,
            TrainLoss = learnt == 0 ? 0 : state.TotalLoss / learnt,
            EvalLoss = state.LogHistory.LastOrDefault(entry => entry.EvalLoss is not null)?.EvalLoss,
            BestMetric = state.BestMetric,
            BestGlobalStep = state.BestGlobalStep,
            SkippedSteps = state.SkippedSteps,
            NumInputTokensSeen = state.NumInputTokensSeen,
            LastCheckpoint = lastCheckpoint,
            LogHistory = [.. state.LogHistory],
        };
    }
}
