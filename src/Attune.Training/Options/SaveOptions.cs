namespace Attune.Training;

/// <summary>When checkpoints are written and how many are kept. Names are Hugging Face's.</summary>
public sealed record SaveOptions
{
    /// <summary>When to save: <c>steps</c> (default), <c>epoch</c>, <c>best</c> (after an evaluation better than all before) or <c>no</c>. The last step is saved, too, but for <c>no</c> and <c>best</c>.</summary>
    public string SaveStrategy { get; init; } = "steps";

    /// <summary>Optimiser steps between checkpoints with <c>steps</c>. Range: 1 and up. Default: 500.</summary>
    public int SaveSteps { get; init; } = 500;

    /// <summary>How many checkpoints are kept; the best one counts but is never deleted. Range: 1 and up. Default: all.</summary>
    public int? SaveTotalLimit { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="TrainingException">A value is out of its range.</exception>
    public void Validate()
    {
        Check.OneOf(SaveStrategy, "save_strategy", "no", "steps", "epoch", "best");
        Check.AtLeast(SaveSteps, "save_steps", 1);
        Check.AtLeast(SaveTotalLimit ?? 1, "save_total_limit", 1);
    }
}
