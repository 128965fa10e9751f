using Attune.Adapters;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Runs.TensorBoard;
using Attune.Data;
using Attune.Data.Batching;
using Attune.Data.Rows;
using Attune.Formats;
using Attune.Training;
using Attune.Training.Checkpoints;
using Attune.Training.Runs;

namespace Attune.Cli.Training;

/// <summary>Keeps a run's folder the truth about the run: locks it, refuses to go on with what is not the same run, and writes recipe, manifest and metrics.</summary>
internal sealed class RunRecord : ITrainingObserver, IDisposable
{
    /// <summary>The resolved recipe in the run's folder.</summary>
    public const string RecipeName = "recipe.yaml";

    /// <summary>What became of the rows, in the run's folder.</summary>
    public const string DataReportName = "data_report.json";

    /// <summary>Keys that belong to one call, not to the run.</summary>
    private static readonly string[] CallKeys = ["recipe", "resume", "accept_changes", "json", "quiet", "adapter", "profile"];

    private readonly CommandContext _context;
    private readonly RunLock _lock;
    private readonly string _recipe;
    private readonly string _dataReport;
    private readonly List<string> _changes = [];
    private readonly bool _isResumed;
    private RunManifest _manifest;

    private RunRecord(CommandContext context, RunLock held, string folder, RunManifest manifest, string dataReport)
    {
        (_context, _lock, Folder, _manifest, _dataReport) = (context, held, folder, manifest, dataReport);
        _recipe = RecipeWriter.Write(context.Values, CallKeys);
        RunOptions run = context.Values.Build<RunOptions>();
        bool holdsRun = RunManifest.Exists(folder) || CheckpointFolders.Steps(folder).Count > 0;
        _isResumed = run.Resume switch { "never" => false, "auto" => holdsRun, _ => true };
        if (_isResumed)
        {
            Compare(run.AcceptChanges);
        }
        else if (holdsRun)
        {
            throw new UsageException(InUse(folder));
        }

        Logs = [new MetricsLog(folder), new TimingLog(folder), new EventLog(folder)];
    }

    /// <summary>The run's folder.</summary>
    public string Folder { get; }

    /// <summary>What the run was foretold to take.</summary>
    public RunForecast? Forecast => _manifest.Forecast;

    /// <summary>What writes its log.</summary>
    public IReadOnlyList<ITrainingObserver> Logs { get; }

    /// <summary>Takes a run's folder, which is made when it is not there.</summary>
    /// <param name="context">All settings, resolved.</param>
    /// <param name="session">The loaded model.</param>
    /// <param name="data">What became of the rows.</param>
    /// <param name="forecast">What the run is foretold to take; null where that was not asked.</param>
    /// <param name="command">The command that reads the run's recipe.</param>
    /// <exception cref="UsageException">The folder belongs to another run, or the run cannot go on with what changed.</exception>
    /// <exception cref="TrainingException">Another process works in it.</exception>
    public static RunRecord Begin(CommandContext context, ModelSession session, DataReport data, RunForecast? forecast, string command)
    {
        RunOptions run = context.Values.Build<RunOptions>();
        string folder = run.Output!;
        Directory.CreateDirectory(folder);
        RunLock held = RunLock.Take(folder);
        try
        {
            return new RunRecord(context, held, folder, Describe(context, run, session, command) with { Forecast = forecast }, data.ToJson());
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Whether a folder holds anything but a lock.</summary>
    public static bool IsUsed(string folder) => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(path => Path.GetFileName(path) != RunLock.FileName);

    /// <summary>What to do about a folder that is used.</summary>
    public static string InUse(string folder) => $"output: {folder} is not empty; go on with that run with --resume auto, or give another folder";

    /// <summary>Writes recipe and manifest when it is known where the run begins.</summary>
    public void OnStart(in TrainingPlan plan)
    {
        if (_isResumed && RunManifest.Read(Folder) is { } before)
        {
            var now = new RunResumption(DateTimeOffset.UtcNow, plan.FirstStep, _changes);
            _manifest = _manifest with { Created = before.Created, Resumed = [.. before.Resumed, now] };
        }

        AtomicFile.WriteAllText(Path.Combine(Folder, RecipeName), _recipe);
        AtomicFile.WriteAllText(Path.Combine(Folder, DataReportName), _dataReport + "\n");
        _manifest.Write(Folder);
    }

    /// <summary>Notes the end of the run, with the hashes of what it left.</summary>
    public void Complete(TrainingResult result, double? evalLoss)
    {
        string[] files = File.Exists(Path.Combine(Folder, AdapterFolder.TensorsName))
            ? [AdapterFolder.ConfigName, AdapterFolder.TensorsName]
            : [.. Directory.EnumerateFiles(Folder, "*.safetensors").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        _manifest = _manifest with
        {
            End = new RunEnd
            {
                Time = DateTimeOffset.UtcNow,
                Outcome = result.Outcome == TrainingOutcome.EarlyStopped ? "early_stopped" : "completed",
                Steps = result.GlobalStep,
                TrainLoss = result.TrainLoss,
                EvalLoss = evalLoss,
                PeakRssBytes = Memory.PeakBytes(),
                Files = [.. files.Select(file => RunFile.Of(Path.Combine(Folder, file), file))],
            },
        };
        _manifest.Write(Folder);
    }

    public void Dispose()
    {
        foreach (IDisposable log in Logs.OfType<IDisposable>())
        {
            log.Dispose();
        }

        _lock.Dispose();
    }

    private static RunManifest Describe(CommandContext context, RunOptions run, ModelSession session, string command)
    {
        ModelOptions model = context.Values.Build<ModelOptions>();
        BatchOptions batches = context.Values.Build<BatchOptions>();
        return new RunManifest
        {
            Command = command,
            Created = DateTimeOffset.UtcNow,
            Code = RunCode.Current,
            Tier = session.Tier,
            Host = RunHost.Current(),
            Seeds = new SortedDictionary<string, long>(StringComparer.Ordinal) { ["seed"] = run.Seed, ["data_seed"] = batches.DataSeed },
            Recipe = RecipeWriter.ToJson(context.Values, CallKeys),
            Model = [.. RunFile.OfModel(model.Model!), .. model.ChatTemplate is { } template && !session.File.ChatTemplates.ContainsKey(template) ? [RunFile.Of(template, "chat_template")] : Array.Empty<RunFile>()],
            Data = [.. run.Data.SelectMany(DataFile.At).Select(file => RunFile.Of(file.Name))],
            EvalData = [.. run.EvalData.SelectMany(DataFile.At).Select(file => RunFile.Of(file.Name))],
        };
    }

    /// <summary>Refuses to go on with another model, and with other data or settings unless the user accepts them.</summary>
    private void Compare(bool accept)
    {
        RunManifest? before = ReadBefore(accept);
        if (before is null)
        {
            _context.Terminal.Warn($"attune: warning: {Folder} has no readable {RunManifest.FileName}, so nobody can tell whether model, data and recipe are those of the run");
            return;
        }

        IReadOnlyList<RunChange> changes = before.ChangesTo(_manifest);
        RunChange[] refused = [.. changes.Where(change => change.IsFinal || !(accept || change.IsHarmless))];
        if (refused.Length > 0)
        {
            string next = refused.Any(change => change.IsFinal)
                ? "Put the model back, or begin a new run in another folder."
                : "Put back what changed, begin a new run in another folder, or go on all the same with --accept-changes; the result is then not that of an uninterrupted run.";
            throw new UsageException($"{Folder}: the run cannot go on, because it was begun with something else:\n  {string.Join("\n  ", refused.AsEnumerable())}\n{next}");
        }

        foreach (RunChange change in changes)
        {
            _context.Terminal.Warn($"attune: warning: changed since the run was begun: {change}");
            _changes.Add(change.ToString());
        }
    }

    private RunManifest? ReadBefore(bool accept)
    {
        try
        {
            return RunManifest.Read(Folder);
        }
        catch (TrainingException) when (accept)
        {
            File.Delete(Path.Combine(Folder, RunManifest.FileName));
            return null;
        }
        catch (TrainingException error)
        {
            throw new UsageException($"{error.Message}; without it nobody can tell whether the run is the same: --accept-changes goes on all the same");
        }
    }
}
