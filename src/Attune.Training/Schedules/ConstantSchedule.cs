namespace Attune.Training.Schedules;

/// <summary><c>constant</c>: the full rate in every step; warm-up steps are not looked at, as in the reference.</summary>
public sealed class ConstantSchedule(ScheduleContext context) : Schedule(context)
{
    /// <inheritdoc/>
    protected override double Factor(long step) => 1;
}
