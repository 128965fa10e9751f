using System.Globalization;
using Attune.Training.Runs;

namespace Attune.Cli.Planning;

/// <summary>What a run will take.</summary>
/// <param name="MemoryBytes">The most memory of the process.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="BatchSize">Rows in a batch.</param>
/// <param name="Accumulation">Batches in a step.</param>
/// <param name="Recompute">Whether blocks are computed again in the backward pass.</param>
internal sealed record RunPlan(long MemoryBytes, long Steps, int BatchSize, int Accumulation, bool Recompute)
{
    /// <summary>Time of an optimiser step; null where it was not measured.</summary>
    public double? SecondsPerStep { get; init; }

    /// <summary>Whether the model is read with plain weights first, to see what 8 bits do to the loss.</summary>
    public bool ComparesLoss { get; init; }

    /// <summary>The settings that it is for.</summary>
    public string Settings => string.Create(
        CultureInfo.InvariantCulture, $"per_device_train_batch_size {BatchSize}, gradient_accumulation_steps {Accumulation}, gradient_checkpointing {(Recompute ? "true" : "false")}");

    /// <summary>For the run's manifest.</summary>
    public RunForecast ToForecast() => new(MemoryBytes, Steps);

    /// <inheritdoc/>
    public override string ToString()
    {
        string time = SecondsPerStep is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $", about {seconds:0.000} s a step, {Steps:N0} steps in about {Sizes.Text(TimeSpan.FromSeconds(seconds * Steps))}")
            : string.Create(CultureInfo.InvariantCulture, $", {Steps:N0} steps");
        return $"foretold: {Sizes.Text(MemoryBytes)} of memory at most{time}";
    }
}
