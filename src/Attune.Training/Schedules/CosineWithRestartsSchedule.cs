namespace Attune.Training.Schedules;

/// <summary><c>cosine_with_restarts</c>: <c>num_cycles</c> falls from the full rate to 0, each starting at the full rate again.</summary>
public sealed class CosineWithRestartsSchedule(ScheduleContext context) : WarmupSchedule(context)
{
    /// <inheritdoc/>
    protected override double AfterWarmup(long step)
    {
        double progress = Progress(step);
        return progress >= 1 ? 0 : Wave(0.5, (Context.Options.NumCycles ?? 1) * progress % 1);
    }
}
