using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Cli.Runs;
using Attune.Training;
using Attune.Training.Runs;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune runs compare</c>.</summary>
internal sealed record RunsCompareOptions
{
    /// <summary>The folders of two runs or more; the first is what the others are compared with. Has to be given.</summary>
    public IReadOnlyList<string> Runs { get; init; } = [];
}

/// <summary><c>attune runs compare</c>.</summary>
internal sealed class RunsCompareCommand : ToolCommand
{
    public override string Name => "runs compare";

    public override string Summary => "Compare runs: their settings, their losses, and the step at which they parted.";

    public override IReadOnlyList<string> Examples => ["attune runs compare --runs runs/first runs/second"];

    public override IReadOnlyList<string> JsonFields => ["runs", "differences"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<RunsCompareOptions>("Runs");

    public override JsonObject Run(CommandContext context)
    {
        IReadOnlyList<string> paths = context.Values.Build<RunsCompareOptions>().Runs;
        if (paths.Count < 2)
        {
            throw new UsageException($"runs: expected the folders of at least two runs, found {paths.Count}; give --runs FIRST SECOND");
        }

        RunFolder[] runs = [.. paths.Select(RunFolder.Open)];
        context.Terminal.Result(RunTable.Header);
        foreach (RunFolder run in runs)
        {
            context.Terminal.Result(RunTable.Row(run.Path, run));
        }

        var differences = new JsonArray();
        foreach (RunFolder run in runs.Skip(1))
        {
            IReadOnlyList<RunChange> changes = runs[0].Manifest.ChangesTo(run.Manifest);
            long? parted = FirstDifferentStep(runs[0].Log, run.Log);
            context.Terminal.Result($"\n{runs[0].Path} -> {run.Path}: {(parted is { } step ? $"the logs differ from step {step} on" : "the logs are equal, as far as both go")}");
            foreach (RunChange change in changes)
            {
                context.Terminal.Result($"  {change}");
            }

            differences.Add(new JsonObject
            {
                ["run"] = run.Path,
                ["first_different_step"] = parted,
                ["changes"] = new JsonArray([.. changes.Select(change => (JsonNode)change.ToString())]),
            });
        }

        return new JsonObject { ["runs"] = new JsonArray([.. runs.Select(run => (JsonNode)run.ToJson())]), ["differences"] = differences };
    }

    private static long? FirstDifferentStep(IReadOnlyList<LogEntry> first, IReadOnlyList<LogEntry> second)
    {
        for (int i = 0; i < Math.Min(first.Count, second.Count); i++)
        {
            if (first[i] != second[i])
            {
                return Math.Min(first[i].Step, second[i].Step);
            }
        }

        return null;
    }
}
