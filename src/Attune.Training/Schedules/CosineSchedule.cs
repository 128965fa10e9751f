namespace Attune.Training.Schedules;

/// <summary><c>cosine</c>: half a wave from the full rate to 0 (Loshchilov and Hutter 2017), or <c>num_cycles</c> waves.</summary>
public sealed class CosineSchedule(ScheduleContext context) : WarmupSchedule(context)
{
    /// <inheritdoc/>
    protected override double AfterWarmup(long step) => Wave(Context.Options.NumCycles ?? 0.5, Progress(step));
}
