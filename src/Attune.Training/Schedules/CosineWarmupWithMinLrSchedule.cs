namespace Attune.Training.Schedules;

/// <summary><c>cosine_warmup_with_min_lr</c>: a warm-up that starts above 0, then a cosine down to <c>min_lr</c>, which it reaches one step before the end.</summary>
public sealed class CosineWarmupWithMinLrSchedule(ScheduleContext context) : Schedule(context)
{
    private readonly double _lowest = CosineWithMinLrSchedule.LowestShare(context, "cosine_warmup_with_min_lr");

    /// <inheritdoc/>
    protected override double Factor(long step)
    {
        long warmup = Context.WarmupSteps;
        if (step < warmup)
        {
            return Context.Options.WarmupLrRate is { } first
                ? first + ((1 - first) * step / Math.Max(1, warmup - 1))
                : (step + 1.0) / warmup;
        }

        double progress = (step - warmup + 1.0) / Math.Max(1, Context.TotalSteps - warmup);
        double wave = 0.5 * (1 + Math.Cos(Math.PI * (Context.Options.NumCycles ?? 0.5) * 2 * progress));
        return (wave * (1 - _lowest)) + _lowest;
    }
}
