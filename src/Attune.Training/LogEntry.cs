using System.Text.Json.Serialization;

namespace Attune.Training;

/// <summary>One entry of the log, under the names of Hugging Face's <c>log_history</c>: of training steps, or of an evaluation.</summary>
public sealed record LogEntry
{
    /// <summary>Optimiser steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Passes over the data done.</summary>
    public required double Epoch { get; init; }

    /// <summary>Mean of the losses of the steps since the last entry; null in entries of evaluations.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Loss { get; init; }

    /// <summary>L2 norm of the last step's gradient before it was cut.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? GradNorm { get; init; }

    /// <summary>Learning rate that the last step used.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LearningRate { get; init; }

    /// <summary>Mean loss of all targets of the held-out rows; null in entries of training steps.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? EvalLoss { get; init; }
}
