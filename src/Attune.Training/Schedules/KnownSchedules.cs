namespace Attune.Training.Schedules;

/// <summary>A kind of schedule.</summary>
/// <param name="Key">What users write in <c>lr_scheduler_type</c>.</param>
/// <param name="Settings">The entries of <c>lr_scheduler_kwargs</c> that it reads.</param>
/// <param name="Create">Makes a schedule.</param>
public sealed record ScheduleKind(string Key, IReadOnlyList<string> Settings, Func<ScheduleContext, Schedule> Create);

/// <summary>All schedules, under Hugging Face's names.</summary>
public static class KnownSchedules
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<ScheduleKind> All { get; } =
    [
        new("linear", [], static context => new LinearSchedule(context)),
        new("cosine", ["num_cycles"], static context => new CosineSchedule(context)),
        new("cosine_with_restarts", ["num_cycles"], static context => new CosineWithRestartsSchedule(context)),
        new("polynomial", ["power", "lr_end"], static context => new PolynomialSchedule(context)),
        new("constant", [], static context => new ConstantSchedule(context)),
        new("constant_with_warmup", [], static context => new ConstantWithWarmupSchedule(context)),
        new("inverse_sqrt", ["timescale"], static context => new InverseSqrtSchedule(context)),
        new("cosine_with_min_lr", ["num_cycles", "min_lr", "min_lr_rate"], static context => new CosineWithMinLrSchedule(context)),
        new("cosine_warmup_with_min_lr", ["num_cycles", "min_lr", "min_lr_rate", "warmup_lr_rate"], static context => new CosineWarmupWithMinLrSchedule(context)),
        new("warmup_stable_decay", ["num_stable_steps", "num_decay_steps", "warmup_type", "decay_type", "min_lr_ratio", "num_cycles"], static context => new WarmupStableDecaySchedule(context)),
        new("reduce_lr_on_plateau", ["factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr"], static context => new ReduceLrOnPlateauSchedule(context)),
    ];

    /// <summary>Makes a schedule.</summary>
    /// <exception cref="TrainingException">The key is not known, or a setting is out of range or not one of the schedule's.</exception>
    public static Schedule Create(string key, ScheduleContext context)
    {
        ScheduleKind kind = All.FirstOrDefault(kind => kind.Key == key)
            ?? throw new TrainingException($"lr_scheduler_type '{key}' is not known; there are {string.Join(", ", All.Select(kind => kind.Key))}.");
        if (context.Options.Given().Except(kind.Settings).FirstOrDefault() is { } stranger)
        {
            throw new TrainingException(kind.Settings.Count == 0
                ? $"lr_scheduler_kwargs: '{stranger}' was given, but the schedule '{key}' has no settings."
                : $"lr_scheduler_kwargs: '{stranger}' was given, but the schedule '{key}' reads only {string.Join(", ", kind.Settings)}.");
        }

        return kind.Create(context);
    }
}
