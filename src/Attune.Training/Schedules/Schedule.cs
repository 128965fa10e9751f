namespace Attune.Training.Schedules;

/// <summary>What a schedule is made from.</summary>
/// <param name="LearningRate">The full learning rate.</param>
/// <param name="WarmupSteps">Steps of the warm-up W.</param>
/// <param name="TotalSteps">Optimiser steps of the run T.</param>
/// <param name="Options">The schedule's own settings.</param>
public sealed record ScheduleContext(double LearningRate, long WarmupSteps, long TotalSteps, SchedulerOptions Options);

/// <summary>The learning rate of every optimiser step. Source: the schedules of Hugging Face's transformers, whose numbers these are.</summary>
public abstract class Schedule
{
    /// <summary>Makes a schedule.</summary>
    protected Schedule(ScheduleContext context) => Context = context;

    /// <summary>Numbers that have to be saved to go on later; empty when the rate depends on the step alone.</summary>
    public virtual IReadOnlyList<double> State
    {
        get => [];
        set
        {
        }
    }

    /// <summary>What the schedule was made from.</summary>
    protected ScheduleContext Context { get; }

    /// <summary>The learning rate of a step, counted from 0; with a warm-up that of step 0 is 0 in most schedules.</summary>
    public virtual double LearningRate(long step) => Context.LearningRate * Factor(step);

    /// <summary>Tells the schedule the result of an evaluation; lower is better.</summary>
    public virtual void Observe(double metric)
    {
    }

    /// <summary>Share of the full learning rate at a step.</summary>
    protected abstract double Factor(long step);
}

/// <summary>A schedule that rises linearly from 0 to 1 during the warm-up.</summary>
public abstract class WarmupSchedule : Schedule
{
    /// <summary>Makes a schedule.</summary>
    protected WarmupSchedule(ScheduleContext context)
        : base(context)
    {
    }

    /// <summary>Share of the steps after the warm-up that are done: 0 at its end, 1 at the end of the run.</summary>
    protected double Progress(long step) => (double)(step - Context.WarmupSteps) / Math.Max(1, Context.TotalSteps - Context.WarmupSteps);

    /// <inheritdoc/>
    protected sealed override double Factor(long step) => step < Context.WarmupSteps ? step / (double)Context.WarmupSteps : AfterWarmup(step);

    /// <summary>Share of the full learning rate at a step after the warm-up.</summary>
    protected abstract double AfterWarmup(long step);

    /// <summary>A wave from 1 down to 0 and back: (1 + cos(2 pi cycles progress)) / 2.</summary>
    protected static double Wave(double cycles, double progress) => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * cycles * 2 * progress)));
}
