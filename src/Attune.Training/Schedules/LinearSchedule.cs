namespace Attune.Training.Schedules;

/// <summary><c>linear</c>: from the full rate straight down to 0.</summary>
public sealed class LinearSchedule(ScheduleContext context) : WarmupSchedule(context)
{
    /// <inheritdoc/>
    protected override double AfterWarmup(long step) => Math.Max(0, (Context.TotalSteps - step) / (double)Math.Max(1, Context.TotalSteps - Context.WarmupSteps));
}
