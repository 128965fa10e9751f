using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Cli.Runs;
using Attune.Training.Checkpoints;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune runs verify</c>.</summary>
internal sealed record RunsVerifyOptions
{
    /// <summary>The run's folder. Has to be given.</summary>
    public string? Run { get; init; }

    /// <summary>Step of the checkpoint to begin at; 0 is the start of the run. Default: that before the last.</summary>
    public long? From { get; init; }

    /// <summary>Step of the checkpoint to end at. Default: the next one.</summary>
    public long? To { get; init; }

    /// <summary>Verify from the start to the first checkpoint, from that to the second, and so on to the last. Default: false.</summary>
    public bool All { get; init; }
}

/// <summary><c>attune runs verify</c>.</summary>
internal sealed class RunsVerifyCommand : ToolCommand
{
    public override string Name => "runs verify";

    public override string Summary => "Do a part of a run again and demand equal bits.";

    public override IReadOnlyList<string> Remarks =>
    [
        "Trains from one checkpoint (or the start) to another in a temporary folder, with the run's recipe, and compares log, optimiser and trained weights bit by bit. The first "
        + "difference is named, and the exit code is 1. Model, data and instruction tier have to be those of the run.",
    ];

    public override IReadOnlyList<string> Examples => ["attune runs verify runs/quotes", "attune runs verify runs/quotes --from 0 --to 200", "attune runs verify runs/quotes --all"];

    public override IReadOnlyList<string> Operands => ["run"];

    public override IReadOnlyList<string> JsonFields => ["run", "equal", "verified"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<RunsVerifyOptions>("Run");

    public override JsonObject Run(CommandContext context)
    {
        RunsVerifyOptions options = context.Values.Build<RunsVerifyOptions>();
        RunFolder run = RunFolder.Open(options.Run);
        var verified = new JsonArray();
        foreach ((long from, long to) in Parts(run, options))
        {
            if (from > 0)
            {
                Checkpoint.Verify(CheckpointFolders.PathOf(run.Path, from));
            }

            Checkpoint.Verify(CheckpointFolders.PathOf(run.Path, to));
            context.Terminal.Note($"training again from step {from:N0} to step {to:N0}");
            if (Replay.Compare(context, run, from, to) is { } difference)
            {
                throw new RunsDifferException($"{run.Path}: done again from step {from}, step {to} has other bits: {difference}");
            }

            context.Terminal.Result($"{run.Path}: step {from:N0} to step {to:N0} done again, all bits are equal");
            verified.Add(new JsonObject { ["from"] = from, ["to"] = to });
        }

        return new JsonObject { ["run"] = run.Path, ["equal"] = true, ["verified"] = verified };
    }

    private static IEnumerable<(long From, long To)> Parts(RunFolder run, RunsVerifyOptions options)
    {
        long[] steps = [0, .. run.Checkpoints];
        if (steps.Length == 1)
        {
            throw new UsageException($"{run.Path}: it has no checkpoint to compare with");
        }

        if (options.All)
        {
            return steps.Zip(steps.Skip(1));
        }

        long from = options.From ?? (options.To is { } end ? steps.LastOrDefault(step => step < end) : steps[^2]);
        long to = options.To ?? steps.FirstOrDefault(step => step > from);
        string known = string.Join(", ", steps);
        return !steps.Contains(from) ? throw new UsageException($"from: expected one of the steps {known}, found {from}")
            : !steps.Contains(to) || to <= from ? throw new UsageException($"to: expected a step behind {from}, one of {known}, found {to}")
            : [(from, to)];
    }
}
