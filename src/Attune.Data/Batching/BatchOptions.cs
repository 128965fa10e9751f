namespace Attune.Data.Batching;

/// <summary>How rows become batches and optimiser steps.</summary>
public sealed record BatchOptions
{
    /// <summary>Rows, or packs of rows, in one forward and backward pass. Default 8; at least 1.</summary>
    public int PerDeviceTrainBatchSize { get; init; } = 8;

    /// <summary>Batches in one optimiser step; the last step of an epoch may have fewer. Default 1; at least 1.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Whether several rows share a pack of at most <c>max_length</c> tokens; attention never crosses their borders. Default false.</summary>
    public bool Packing { get; init; }

    /// <summary>How packs are filled: <c>bfd</c> (best fit decreasing, the default: fewest packs), <c>ffd</c> (first fit decreasing) or <c>sequential</c> (file order).</summary>
    public string PackingStrategy { get; init; } = "bfd";

    /// <summary>
    /// The order within an epoch: <c>random</c> (default: another order in every epoch, from the seed), <c>sequential</c>, or <c>group_by_length</c> (random, but the rows of a batch are about
    /// equally long).
    /// </summary>
    public string TrainSamplingStrategy { get; init; } = "random";

    /// <summary>Seed of the order. Default 42; at least 0.</summary>
    public int DataSeed { get; init; } = 42;

    internal const string GroupByLength = "group_by_length";

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        Check.Range(PerDeviceTrainBatchSize, "per_device_train_batch_size", 1, int.MaxValue);
        Check.Range(GradientAccumulationSteps, "gradient_accumulation_steps", 1, int.MaxValue);
        Check.OneOf(TrainSamplingStrategy, "train_sampling_strategy", "random", "sequential", GroupByLength);
        Check.Range(DataSeed, "data_seed", 0, int.MaxValue);
        KnownPackingStrategies.Of(PackingStrategy);
    }
}
