using Attune.Data.Tasks;

namespace Attune.Evaluation.Prediction;

/// <summary>How predictions are made.</summary>
public sealed record PredictionOptions
{
    /// <summary>Rows that are run at once; rows of about the same length come together. Range: 1 and up. Default: 32.</summary>
    public int PerDeviceEvalBatchSize { get; init; } = 32;

    /// <summary>With <c>seq2seq</c>, most tokens of a text that is written. Range: 1 and up. Default: what generation_config.json says, else 128.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>With <c>seq2seq</c>, texts that are kept at each step; 1 always takes the likeliest token. Range: 1 to 1024. Default: what generation_config.json says, else 1.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>With <c>qa</c>, most tokens of an answer. Range: 1 and up. Default: 30.</summary>
    public int MaxAnswerLength { get; init; } = 30;

    /// <summary>With <c>multilabel</c>, how likely a class has to be. Range: above 0, below 1. Default: 0.5.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>With <c>mlm</c>, tokens that are named for each mask. Range: 1 and up. Default: 5.</summary>
    public int TopTokens { get; init; } = 5;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        Require(PerDeviceEvalBatchSize >= 1, "per_device_eval_batch_size", "1 or more", PerDeviceEvalBatchSize);
        Require(MaxNewTokens >= 1, "max_new_tokens", "1 or more", MaxNewTokens);
        Require(NumBeams is >= 1 and <= 1024, "num_beams", "1 to 1024", NumBeams);
        Require(MaxAnswerLength >= 1, "max_answer_length", "1 or more", MaxAnswerLength);
        Require(Threshold is > 0 and < 1, "threshold", "a number above 0 and below 1", Threshold);
        Require(TopTokens >= 1, "top_tokens", "1 or more", TopTokens);
    }

    private static void Require(bool holds, string name, string expected, object found)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{name}: expected {expected}, found {found}"));
        }
    }
}

/// <summary>Asks a model with a head, and scores what it says with the metric that is usual for the task.</summary>
public abstract class TaskPredictor
{
    /// <summary>What the model says of examples.</summary>
    /// <param name="examples">The examples, with or without labels.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>As many predictions, in the same order.</returns>
    public abstract IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default);

    /// <summary>Scores predictions of labelled examples.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="predictions">What was said of each.</param>
    /// <param name="cancellation">Stops between batches, where the model is asked more than it was for the predictions.</param>
    /// <returns>Names of figures with their values, the most usual one first.</returns>
    public abstract IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default);

    /// <summary>A figure.</summary>
    protected static KeyValuePair<string, double> Figure(string name, double value) => KeyValuePair.Create(name, value);
}
