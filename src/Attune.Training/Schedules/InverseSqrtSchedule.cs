namespace Attune.Training.Schedules;

/// <summary><c>inverse_sqrt</c>: 1 / sqrt((step + timescale - W) / timescale) (Zhai et al. 2022).</summary>
public sealed class InverseSqrtSchedule(ScheduleContext context) : WarmupSchedule(context)
{
    private const double TimescaleWithoutWarmup = 10_000;

    private readonly double _timescale = context.Options.Timescale ?? (context.WarmupSteps > 0 ? context.WarmupSteps : TimescaleWithoutWarmup);

    /// <inheritdoc/>
    protected override double AfterWarmup(long step) => 1 / Math.Sqrt((step + _timescale - Context.WarmupSteps) / _timescale);
}
