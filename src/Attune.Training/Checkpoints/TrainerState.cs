using System.Text.Json;
using System.Text.Json.Serialization;
using Attune.Data.Batching;
using Attune.Training.Runs;

namespace Attune.Training.Checkpoints;

/// <summary>Where a run stands, besides weights and optimiser; saved as <c>trainer_state.json</c>.</summary>
public sealed class TrainerState
{
    /// <summary>Optimiser steps done.</summary>
    public long GlobalStep { get; set; }

    /// <summary>The place in the data.</summary>
    public DataCursor Cursor { get; set; }

    /// <summary>The lowest evaluation loss; null before the first evaluation.</summary>
    public double? BestMetric { get; set; }

    /// <summary>The step of the lowest evaluation loss.</summary>
    public long? BestGlobalStep { get; set; }

    /// <summary>Evaluations in a row without enough improvement.</summary>
    public int EarlyStoppingPatienceCounter { get; set; }

    /// <summary>Steps without any target, in which nothing was learnt.</summary>
    public long SkippedSteps { get; set; }

    /// <summary>Tokens that went through the model in training.</summary>
    public long NumInputTokensSeen { get; set; }

    /// <summary>Sum of the losses of all steps.</summary>
    public double TotalLoss { get; set; }

    /// <summary>Sum of the losses of the steps since the last entry of the log.</summary>
    public double LossSinceLog { get; set; }

    /// <summary>Steps since the last entry of the log.</summary>
    public int StepsSinceLog { get; set; }

    /// <summary>What the schedule has to remember.</summary>
    public IReadOnlyList<double> ScheduleState { get; set; } = [];

    /// <summary>The log.</summary>
    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public IList<LogEntry> LogHistory { get; } = [];

    /// <summary>Takes in an evaluation loss; a lower one than all before makes its step the best.</summary>
    /// <returns>Whether it is the best.</returns>
    internal bool Evaluated(double loss, EvaluationOptions options)
    {
        bool improved = BestMetric is not { } best || loss < best;
        bool enough = BestMetric is not { } before || before - loss > options.EarlyStoppingThreshold;
        EarlyStoppingPatienceCounter = enough ? 0 : EarlyStoppingPatienceCounter + 1;
        if (improved)
        {
            (BestMetric, BestGlobalStep) = (loss, GlobalStep);
        }

        return improved;
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TrainingJson.Default.TrainerState);

    /// <exception cref="TrainingException">The text is not the state of a run.</exception>
    internal static TrainerState FromJson(byte[] json, string path)
    {
        try
        {
            TrainerState state = JsonSerializer.Deserialize(json, TrainingJson.Default.TrainerState) ?? throw new JsonException("found null");
            return state.GlobalStep >= 0 ? state : throw new JsonException($"global_step is {state.GlobalStep}");
        }
        catch (JsonException error)
        {
            throw new TrainingException($"{path}: not the state of a training run: {error.Message}", error);
        }
    }
}

/// <summary>How the files of a checkpoint are written as JSON, made at build time.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, NewLine = "\n", PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TrainerState))]
[JsonSerializable(typeof(TrainingOptions))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(RunManifest))]
internal sealed partial class TrainingJson : JsonSerializerContext;
