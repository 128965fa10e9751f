namespace Attune.Training.Schedules;

/// <summary><c>constant_with_warmup</c>: the full rate after the warm-up.</summary>
public sealed class ConstantWithWarmupSchedule(ScheduleContext context) : WarmupSchedule(context)
{
    /// <inheritdoc/>
    protected override double AfterWarmup(long step) => 1;
}
