namespace Attune.Training.Runs;

/// <summary>How a run ended.</summary>
public sealed record RunEnd
{
    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Why: <c>completed</c> or <c>early_stopped</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>Optimiser steps done.</summary>
    public required long Steps { get; init; }

    /// <summary>Mean loss of all steps.</summary>
    public required double TrainLoss { get; init; }

    /// <summary>Loss on the held-out rows of the weights that were saved; null without such rows.</summary>
    public double? EvalLoss { get; init; }

    /// <summary>The most memory that the process held, in bytes.</summary>
    public required long PeakRssBytes { get; init; }

    /// <summary>The files of the result.</summary>
    public required IReadOnlyList<RunFile> Files { get; init; }
}
