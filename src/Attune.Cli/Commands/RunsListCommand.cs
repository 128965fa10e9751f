using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Cli.Runs;
using Attune.Training;
using Attune.Training.Runs;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune runs list</c>.</summary>
internal sealed record RunsListOptions
{
    /// <summary>Folder whose folders are looked at. Default: runs.</summary>
    public string Folder { get; init; } = "runs";
}

/// <summary><c>attune runs list</c>.</summary>
internal sealed class RunsListCommand : ToolCommand
{
    public override string Name => "runs list";

    public override string Summary => "List the runs in a folder: how far they are and how well they do.";

    public override IReadOnlyList<string> Examples => ["attune runs list", "attune runs list experiments --json"];

    public override IReadOnlyList<string> Operands => ["folder"];

    public override IReadOnlyList<string> JsonFields => ["folder", "runs", "unreadable"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<RunsListOptions>("Runs");

    public override JsonObject Run(CommandContext context)
    {
        string folder = context.Values.Build<RunsListOptions>().Folder;
        if (!Directory.Exists(folder))
        {
            throw new UsageException($"folder: {folder}: expected a folder with runs, found none");
        }

        var runs = new List<RunFolder>();
        var unreadable = new JsonArray();
        foreach (string path in Directory.EnumerateDirectories(folder).Where(RunManifest.Exists))
        {
            try
            {
                runs.Add(RunFolder.Open(path));
            }
            catch (TrainingException error)
            {
                context.Terminal.Warn($"attune: warning: {error.Message}");
                unreadable.Add(path);
            }
        }

        runs.Sort((first, second) => first.Manifest.Created.CompareTo(second.Manifest.Created));
        context.Terminal.Result($"{RunTable.Header}  begun");
        foreach (RunFolder run in runs)
        {
            context.Terminal.Result(FormattableString.Invariant($"{RunTable.Row(Path.GetFileName(run.Path), run)}  {run.Manifest.Created:yyyy-MM-dd HH:mm}"));
        }

        return new JsonObject { ["folder"] = folder, ["runs"] = new JsonArray([.. runs.Select(run => (JsonNode)run.ToJson())]), ["unreadable"] = unreadable };
    }
}
