namespace Attune.Training.Schedules;

/// <summary><c>polynomial</c>: lr_end + (lr - lr_end) (1 - progress)^power, then lr_end.</summary>
public sealed class PolynomialSchedule : WarmupSchedule
{
    private readonly double _power;
    private readonly double _end;

    /// <summary>Makes a schedule.</summary>
    /// <exception cref="TrainingException"><c>lr_end</c> is not below the learning rate.</exception>
    public PolynomialSchedule(ScheduleContext context)
        : base(context)
    {
        _power = context.Options.Power ?? 1;
        _end = context.Options.LrEnd ?? 1e-7;
        Check.Range(_end, "lr_end of the schedule 'polynomial'", 0, context.LearningRate);
    }

    /// <inheritdoc/>
    protected override double AfterWarmup(long step) => step > Context.TotalSteps
        ? _end / Context.LearningRate
        : (((Context.LearningRate - _end) * Math.Pow(1 - Progress(step), _power)) + _end) / Context.LearningRate;
}
