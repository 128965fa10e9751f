namespace Attune.Training.Schedules;

/// <summary><c>cosine_with_min_lr</c>: a cosine that falls to <c>min_lr</c> instead of 0.</summary>
public sealed class CosineWithMinLrSchedule(ScheduleContext context) : WarmupSchedule(context)
{
    private readonly double _lowest = LowestShare(context, "cosine_with_min_lr");

    /// <inheritdoc/>
    protected override double AfterWarmup(long step) => (Wave(Context.Options.NumCycles ?? 0.5, Progress(step)) * (1 - _lowest)) + _lowest;

    /// <summary>The lowest rate as a share of the full one, from whichever of <c>min_lr</c> and <c>min_lr_rate</c> was given.</summary>
    internal static double LowestShare(ScheduleContext context, string key)
    {
        (double? rate, double? share) = (context.Options.MinLr, context.Options.MinLrRate);
        Check.Require(rate is null != share is null, $"the schedule '{key}' needs exactly one of min_lr and min_lr_rate.");
        double lowest = share ?? (rate!.Value / context.LearningRate);
        Check.Range(lowest, share is null ? "min_lr / learning_rate" : "min_lr_rate", 0, 1);
        return lowest;
    }
}
