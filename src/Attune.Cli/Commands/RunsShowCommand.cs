using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Cli.Runs;
using Attune.Training;
using Attune.Training.Checkpoints;
using Attune.Training.Runs;

namespace Attune.Cli.Commands;

/// <summary>The run that a command is about.</summary>
internal sealed record OneRunOptions
{
    /// <summary>The run's folder. Has to be given.</summary>
    public string? Run { get; init; }
}

/// <summary><c>attune runs show</c>.</summary>
internal sealed class RunsShowCommand : ToolCommand
{
    public override string Name => "runs show";

    public override string Summary => "Show a run: what it was made from, how far it is, which checkpoints are good.";

    public override IReadOnlyList<string> Remarks => ["Every file of every checkpoint is compared with its hash, and so are the files of the result."];

    public override IReadOnlyList<string> Examples => ["attune runs show runs/quotes"];

    public override IReadOnlyList<string> Operands => ["run"];

    public override IReadOnlyList<string> JsonFields => ["run", "status", "created", "steps", "train_loss", "eval_loss", "checkpoints", "damaged", "manifest"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<OneRunOptions>("Run");

    public override JsonObject Run(CommandContext context)
    {
        RunFolder run = RunFolder.Open(context.Values.Build<OneRunOptions>().Run);
        RunManifest manifest = run.Manifest;
        List<string> damaged = [.. run.Checkpoints.Select(step => DamageOf(CheckpointFolders.PathOf(run.Path, step))).OfType<string>(), .. DamagedResults(run)];
        Row("run", $"{run.Path}: {run.Status}, {run.Steps:N0} steps");
        Row("loss", FormattableString.Invariant($"train {run.TrainLoss:F4}{(run.EvalLoss is { } loss ? FormattableString.Invariant($", held out {loss:F4}") : "")}"));
        Row("begun", FormattableString.Invariant($"{manifest.Created:yyyy-MM-dd HH:mm:ss}, attune {manifest.Code}"));
        foreach (RunResumption resumed in manifest.Resumed)
        {
            string changes = resumed.Changes.Count == 0 ? "" : $"; changed: {string.Join("; ", resumed.Changes)}";
            Row("gone on", FormattableString.Invariant($"{resumed.Time:yyyy-MM-dd HH:mm:ss} behind step {resumed.FirstStep:N0}{changes}"));
        }

        Row("machine", $"{manifest.Host.Processor ?? manifest.Host.Architecture}, {manifest.Host.Processors} processors, {Sizes.Text(manifest.Host.MemoryBytes)}, {manifest.Tier}");
        if (manifest.Forecast is { } forecast)
        {
            Row("memory", $"{Sizes.Text(forecast.MemoryBytes)} foretold{(manifest.End is { } end ? $", {Sizes.Text(end.PeakRssBytes)} taken" : "")}");
        }

        Row("seeds", string.Join(", ", manifest.Seeds.Select(seed => $"{seed.Key} {seed.Value}")));
        Rows("model", manifest.Model);
        Rows("data", manifest.Data);
        Rows("held-out data", manifest.EvalData);
        Row("checkpoints", run.Checkpoints.Count == 0 ? "none" : string.Join(", ", run.Checkpoints));
        foreach (string problem in damaged)
        {
            context.Terminal.Warn($"attune: warning: {problem}");
        }

        JsonObject result = run.ToJson();
        result["damaged"] = new JsonArray([.. damaged.Select(text => (JsonNode)text)]);
        result["manifest"] = JsonNode.Parse(File.ReadAllBytes(Path.Combine(run.Path, RunManifest.FileName)));
        return result;

        void Row(string name, string value) => context.Terminal.Result($"{name,-15}{value}");

        void Rows(string name, IReadOnlyList<RunFile> files)
        {
            for (int i = 0; i < files.Count; i++)
            {
                Row(i == 0 ? name : "", files[i].ToString());
            }
        }
    }

    private static string? DamageOf(string checkpoint)
    {
        try
        {
            Checkpoint.Verify(checkpoint);
            return null;
        }
        catch (TrainingException error)
        {
            return error.Message;
        }
    }

    private static IEnumerable<string> DamagedResults(RunFolder run) => (run.Manifest.End?.Files ?? [])
        .Where(file => Path.Combine(run.Path, file.Path) is var path && !(File.Exists(path) && file.HasContentsOf(RunFile.Of(path))))
        .Select(file => $"{Path.Combine(run.Path, file.Path)}: it is not as the run left it");
}
