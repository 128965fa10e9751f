namespace Attune.Training;

/// <summary>Settings of single schedules (Hugging Face's <c>lr_scheduler_kwargs</c>). Each schedule reads those that it names; to give it another one is an error.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Waves of a cosine between warm-up and end. Default: 0.5 (one fall), with restarts 1.</summary>
    public double? NumCycles { get; init; }

    /// <summary>Exponent of a polynomial. Default: 1.</summary>
    public double? Power { get; init; }

    /// <summary>Learning rate at the end of a polynomial; below the learning rate. Default: 1e-7.</summary>
    public double? LrEnd { get; init; }

    /// <summary>Steps after which an inverse square root has fallen to 1. Default: the warm-up's steps, or 10000 without a warm-up.</summary>
    public double? Timescale { get; init; }

    /// <summary>Lowest learning rate. Default: 0.</summary>
    public double? MinLr { get; init; }

    /// <summary>Lowest learning rate as a share of the learning rate; instead of <see cref="MinLr"/>. Range: [0, 1).</summary>
    public double? MinLrRate { get; init; }

    /// <summary>Learning rate of the first step as a share of the learning rate. Default: one step's share of the warm-up.</summary>
    public double? WarmupLrRate { get; init; }

    /// <summary>Steps at the full rate between warm-up and decay. Default: what the other two leave.</summary>
    public long? NumStableSteps { get; init; }

    /// <summary>Steps of the decay. No default: it has to be given.</summary>
    public long? NumDecaySteps { get; init; }

    /// <summary>Form of the warm-up: <c>linear</c> (default), <c>cosine</c> or <c>1-sqrt</c>.</summary>
    public string? WarmupType { get; init; }

    /// <summary>Form of the decay: <c>cosine</c> (default), <c>linear</c> or <c>1-sqrt</c>.</summary>
    public string? DecayType { get; init; }

    /// <summary>Lowest rate as a share of the learning rate. Range: [0, 1). Default: 0.</summary>
    public double? MinLrRatio { get; init; }

    /// <summary>Factor of a reduction. Range: (0, 1). Default: 0.1.</summary>
    public double? Factor { get; init; }

    /// <summary>Evaluations without improvement that are let pass before a reduction. Default: 10.</summary>
    public int? Patience { get; init; }

    /// <summary>Least improvement that counts. Default: 1e-4.</summary>
    public double? Threshold { get; init; }

    /// <summary>Whether the threshold is a share of the best value (<c>rel</c>, default) or a difference (<c>abs</c>).</summary>
    public string? ThresholdMode { get; init; }

    /// <summary>Evaluations after a reduction in which none is counted as bad. Default: 0.</summary>
    public int? Cooldown { get; init; }

    /// <summary>Hugging Face's names of the settings that were given.</summary>
    internal IEnumerable<string> Given() => new (string Name, object? Value)[]
    {
        ("num_cycles", NumCycles), ("power", Power), ("lr_end", LrEnd), ("timescale", Timescale), ("min_lr", MinLr), ("min_lr_rate", MinLrRate),
        ("warmup_lr_rate", WarmupLrRate), ("num_stable_steps", NumStableSteps), ("num_decay_steps", NumDecaySteps), ("warmup_type", WarmupType),
        ("decay_type", DecayType), ("min_lr_ratio", MinLrRatio), ("factor", Factor), ("patience", Patience), ("threshold", Threshold),
        ("threshold_mode", ThresholdMode), ("cooldown", Cooldown),
    }.Where(setting => setting.Value is not null).Select(setting => setting.Name);
}
