namespace Attune.Training.Schedules;

/// <summary><c>warmup_stable_decay</c> (Hu et al. 2024): a warm-up, the full rate for most of the run, a short decay.</summary>
public sealed class WarmupStableDecaySchedule : Schedule
{
    private readonly long _stableEnd;
    private readonly long _decaySteps;
    private readonly string _warmupType;
    private readonly string _decayType;
    private readonly double _lowest;

    /// <summary>Makes a schedule.</summary>
    /// <exception cref="TrainingException">A setting is missing or out of range, or the phases are longer than the run.</exception>
    public WarmupStableDecaySchedule(ScheduleContext context)
        : base(context)
    {
        SchedulerOptions options = context.Options;
        _decaySteps = options.NumDecaySteps ?? throw new TrainingException("the schedule 'warmup_stable_decay' needs num_decay_steps.");
        _warmupType = options.WarmupType ?? "linear";
        _decayType = options.DecayType ?? "cosine";
        _lowest = options.MinLrRatio ?? 0;
        Check.AtLeast(_decaySteps, "num_decay_steps", 0);
        Check.OneOf(_warmupType, "warmup_type", "linear", "cosine", "1-sqrt");
        Check.OneOf(_decayType, "decay_type", "linear", "cosine", "1-sqrt");
        Check.Range(_lowest, "min_lr_ratio", 0, 1);
        long stable = options.NumStableSteps ?? (context.TotalSteps - context.WarmupSteps - _decaySteps);
        Check.Require(stable >= 0, $"warm-up ({context.WarmupSteps}) and num_decay_steps ({_decaySteps}) take more than the {context.TotalSteps} steps of the run.");
        _stableEnd = context.WarmupSteps + stable;
    }

    /// <inheritdoc/>
    protected override double Factor(long step)
    {
        if (step < Context.WarmupSteps)
        {
            double progress = step / (double)Context.WarmupSteps;
            return Raise(_warmupType switch
            {
                "cosine" => 0.5 * (1 - Math.Cos(Math.PI * progress)),
                "1-sqrt" => 1 - Math.Sqrt(1 - progress),
                _ => progress,
            });
        }

        if (step < _stableEnd)
        {
            return 1;
        }

        return step < _stableEnd + _decaySteps ? Raise(Decay((step - _stableEnd) / (double)_decaySteps)) : _lowest;
    }

    private double Decay(double progress) => _decayType switch
    {
        "linear" => 1 - progress,
        "1-sqrt" => 1 - Math.Sqrt(progress),
        _ => 0.5 * (1 + Math.Cos(Math.PI * (Context.Options.NumCycles ?? 0.5) * 2 * progress)),
    };

    private double Raise(double factor) => Math.Max(0, (factor * (1 - _lowest)) + _lowest);
}
