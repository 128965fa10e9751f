namespace Attune.Training.Schedules;

/// <summary><c>reduce_lr_on_plateau</c>: multiplies the rate by <c>factor</c> when more than <c>patience</c> evaluations in a row brought no improvement.</summary>
public sealed class ReduceLrOnPlateauSchedule : Schedule
{
    /// <summary>Smaller changes of the rate are not made.</summary>
    private const double SmallestChange = 1e-8;

    private readonly double _factor;
    private readonly int _patience;
    private readonly double _threshold;
    private readonly bool _relative;
    private readonly int _cooldown;
    private double _rate;
    private double _best = double.MaxValue;
    private int _bad;
    private int _coolingDown;

    /// <summary>Makes a schedule.</summary>
    /// <exception cref="TrainingException">A setting is out of range.</exception>
    public ReduceLrOnPlateauSchedule(ScheduleContext context)
        : base(context)
    {
        SchedulerOptions options = context.Options;
        _rate = context.LearningRate;
        _factor = options.Factor ?? 0.1;
        _patience = options.Patience ?? 10;
        _threshold = options.Threshold ?? 1e-4;
        _cooldown = options.Cooldown ?? 0;
        Check.Require(_factor is > 0 and < 1, $"factor of the schedule 'reduce_lr_on_plateau' must be in (0, 1); it is {_factor}.");
        Check.AtLeast(_patience, "patience", 0);
        Check.AtLeast(_cooldown, "cooldown", 0);
        Check.Range(_threshold, "threshold", 0);
        Check.Range(options.MinLr ?? 0, "min_lr", 0);
        Check.OneOf(options.ThresholdMode ?? "rel", "threshold_mode", "rel", "abs");
        _relative = options.ThresholdMode is null or "rel";
    }

    /// <inheritdoc/>
    public override IReadOnlyList<double> State
    {
        get => [_rate, _best, _bad, _coolingDown];
        set => (_rate, _best, _bad, _coolingDown) = value is [double rate, double best, double bad, double coolingDown]
            ? (rate, best, (int)bad, (int)coolingDown)
            : throw new TrainingException($"the saved state of the schedule 'reduce_lr_on_plateau' has {value.Count} numbers instead of 4; was it saved by another schedule?");
    }

    /// <inheritdoc/>
    public override double LearningRate(long step) => _rate;

    /// <inheritdoc/>
    public override void Observe(double metric)
    {
        if (metric < (_relative ? _best * (1 - _threshold) : _best - _threshold))
        {
            (_best, _bad) = (metric, 0);
        }
        else
        {
            _bad++;
        }

        if (_coolingDown > 0)
        {
            _coolingDown--;
            _bad = 0;
        }

        if (_bad > _patience)
        {
            double reduced = Math.Max(_rate * _factor, Context.Options.MinLr ?? 0);
            _rate = _rate - reduced > SmallestChange ? reduced : _rate;
            (_coolingDown, _bad) = (_cooldown, 0);
        }
    }

    /// <inheritdoc/>
    protected override double Factor(long step) => _rate / Context.LearningRate;
}
