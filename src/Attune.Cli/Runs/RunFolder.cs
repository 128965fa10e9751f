using System.Text.Json.Nodes;
using Attune.Cli.Training;
using Attune.Training;
using Attune.Training.Checkpoints;
using Attune.Training.Runs;

namespace Attune.Cli.Runs;

/// <summary>The folder of a run, read back.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Manifest">What it was made from.</param>
/// <param name="Log">Its log.</param>
internal sealed record RunFolder(string Path, RunManifest Manifest, IReadOnlyList<LogEntry> Log)
{
    /// <summary>Whether it has ended, goes on, or was interrupted.</summary>
    public string Status => Manifest.End?.Outcome ?? (RunLock.IsTaken(Path) ? "running" : "interrupted");

    /// <summary>Steps done.</summary>
    public long Steps => Manifest.End?.Steps ?? (Log.Count == 0 ? 0 : Log[^1].Step);

    /// <summary>The mean loss of all steps, or where the run has not ended that of its last entry.</summary>
    public double? TrainLoss => Manifest.End?.TrainLoss ?? Log.LastOrDefault(entry => entry.Loss is not null)?.Loss;

    /// <summary>The held-out loss.</summary>
    public double? EvalLoss => Manifest.End?.EvalLoss ?? Log.LastOrDefault(entry => entry.EvalLoss is not null)?.EvalLoss;

    /// <summary>The steps of its checkpoints.</summary>
    public IReadOnlyList<long> Checkpoints => CheckpointFolders.Steps(Path);

    /// <summary>The resolved recipe.</summary>
    public string RecipePath => System.IO.Path.Combine(Path, RunRecord.RecipeName);

    /// <summary>Reads a run's folder.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    /// <exception cref="TrainingException">Its manifest cannot be read.</exception>
    public static RunFolder Open(string? path)
    {
        string folder = CommandContext.Require(path, "run", "the folder of a run");
        RunManifest manifest = RunManifest.Read(folder)
            ?? throw new UsageException($"{folder}: expected the folder of a run, with {RunManifest.FileName}; found none. attune runs list shows the runs in a folder");
        return new RunFolder(folder, manifest, LogLines.Read<LogEntry>(System.IO.Path.Combine(folder, MetricsLog.FileName)));
    }

    /// <summary>The run as one JSON object.</summary>
    public JsonObject ToJson() => new()
    {
        ["run"] = Path,
        ["status"] = Status,
        ["created"] = Manifest.Created,
        ["steps"] = Steps,
        ["train_loss"] = TrainLoss,
        ["eval_loss"] = EvalLoss,
        ["checkpoints"] = new JsonArray([.. Checkpoints.Select(step => (JsonNode)step)]),
    };
}
