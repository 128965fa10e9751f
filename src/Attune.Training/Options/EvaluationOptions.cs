namespace Attune.Training;

/// <summary>When the held-out rows are evaluated and what follows from it. Names are Hugging Face's.</summary>
public sealed record EvaluationOptions
{
    /// <summary>When to evaluate: <c>no</c> (default), <c>steps</c> or <c>epoch</c>.</summary>
    public string EvalStrategy { get; init; } = "no";

    /// <summary>Optimiser steps between evaluations with <c>steps</c>. Range: 1 and up. Default: 500.</summary>
    public int EvalSteps { get; init; } = 500;

    /// <summary>The figure that decides which weights are best. Only <c>eval_loss</c> (default; also written <c>loss</c>), lower is better.</summary>
    public string MetricForBestModel { get; init; } = "eval_loss";

    /// <summary>Whether the weights of the best evaluation are put back at the end; such evaluations are then saved whatever <see cref="SaveOptions.SaveStrategy"/> says. Default: false.</summary>
    public bool LoadBestModelAtEnd { get; init; }

    /// <summary>Evaluations in a row without improvement after which the run stops. Range: 1 and up. Default: none (never).</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>How much the figure must improve on the best one to count. Range: 0 and up. Default: 0.</summary>
    public double EarlyStoppingThreshold { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="TrainingException">A value is out of its range.</exception>
    public void Validate()
    {
        Check.OneOf(EvalStrategy, "eval_strategy", "no", "steps", "epoch");
        Check.AtLeast(EvalSteps, "eval_steps", 1);
        Check.OneOf(MetricForBestModel, "metric_for_best_model", "eval_loss", "loss");
        Check.AtLeast(EarlyStoppingPatience ?? 1, "early_stopping_patience", 1);
        Check.Range(EarlyStoppingThreshold, "early_stopping_threshold", 0);
        Check.Require(
            EvalStrategy != "no" || (EarlyStoppingPatience is null && !LoadBestModelAtEnd),
            "early_stopping_patience and load_best_model_at_end need evaluations; set eval_strategy to steps or epoch.");
    }
}
